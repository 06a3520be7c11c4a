import { expect, test } from 'vitest';
import type { BuildPlan, PlannedStep } from '../../core/contract/model.ts';
import { runCase, type PlanCase } from './plan-case.ts';

/** What the steps with a layer ask, by title; a case differs from the plain one in what is given here. */
const plan = (text: string, given: Partial<PlanCase> = {}): BuildPlan =>
  runCase({ why: '', ...given }, () => text).plan;
const steps = (built: BuildPlan): readonly PlannedStep[] => built.stages.flatMap((stage) => stage.steps);
const asked = (text: string, given: Partial<PlanCase> = {}) =>
  steps(plan(text, given))
    .filter(({ action }) => action.kind !== 'config')
    .map((step) => step.asked);

test('a RUN asks for its words, the variables in force by name, directory, user and network', () => {
  const text = 'FROM debian\nARG V=1\nENV B=2 A=3\nWORKDIR /w\nUSER app:staff\nRUN make $V\n';
  expect(asked(text)[1]).toEqual([
    ['instruction', 'RUN'],
    ['argv', '["/bin/sh","-c","make $V"]'],
    ['env A', '3'],
    ['env B', '2'],
    ['env PATH', '/bin'],
    ['arg V', '1'],
    ['cwd', '/w'],
    ['user', 'app:staff'],
    ['network', 'default'],
  ]);
});

test('variables are asked for in the order of their names, however they were set', () => {
  expect(asked('FROM debian\nENV B=2\nENV A=1\nRUN x\n')).toEqual(asked('FROM debian\nENV A=1\nENV B=2\nRUN x\n'));
});

test('a heredoc script is asked for by its content', () => {
  const run = (body: string) => asked(`FROM debian\nRUN <<EOF\n#!/bin/sh\n${body}\nEOF\n`)[0];
  expect(run('one')).toContainEqual(['file /.strake/heredoc-0', '#!/bin/sh\none\n']);
  expect(run('one')).not.toEqual(run('two'));
});

test('a hostname is asked for only where somebody gave one', () => {
  const text = 'FROM debian\nRUN x\n';
  expect(asked(text)[0]!.map(([name]) => name)).not.toContain('hostname');
  expect(asked(text, { args: { BUILDKIT_SANDBOX_HOSTNAME: 'b' } })[0]).toContainEqual(['hostname', 'b']);
});

test('a COPY asks for paths, kind of origin and flags, and for inline files by digest', () => {
  const text = 'FROM debian\nCOPY --chown=1:2 --chmod=600 /b a <<EOF /to/\nx\nEOF\n';
  expect(asked(text)[0]).toEqual([
    ['instruction', 'COPY'],
    ['from', 'context'],
    ['sources', '["b","a"]'],
    ['inline 0', 'EOF sha256:73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac'],
    ['destination', '/to'],
    ['into directory', 'true'],
    ['owner', '1:2'],
    ['mode', '600'],
    ['link', 'false'],
    ['unpack', 'false'],
  ]);
});

test('names that are not UTF-8 in the end are bytes all the way', () => {
  expect(asked('FROM debian\nCOPY é /ü\n')[0]).toContainEqual(['destination', '/\xc3\xbc']);
});

test('a WORKDIR asks for its path and for whose it will be', () => {
  expect(asked('FROM debian\nUSER app\nWORKDIR /a/../b\n')[0]).toEqual([
    ['instruction', 'WORKDIR'],
    ['path', '/b'],
    ['owner', 'app'],
  ]);
});

test('nothing of the machine is asked for: proxies, labels of contexts, names of stages and images', () => {
  const text = 'FROM debian AS NAME\nRUN x\nCOPY a /a\n';
  const plain = asked(text.replace('NAME', 'one'));
  expect(asked(text.replace('NAME', 'two'), { proxies: [['HTTP_PROXY', 'http://proxy']] })).toEqual(plain);
  expect(asked(text.replace('NAME', 'one'), { args: { https_proxy: 'http://proxy' } })).toEqual(plain);
  expect(JSON.stringify(plain)).not.toMatch(/proxy|main of app|"\."|debian/i);
});

test('what changes no file asks for nothing and changes no key below it', () => {
  const text = 'FROM debian\nRUN x\n';
  const noted = text.replace('RUN', 'LABEL a=1\nEXPOSE 80\nCMD ["y"]\nHEALTHCHECK CMD z\nSTOPSIGNAL 9\nVOLUME /v\nRUN');
  expect(asked(noted)).toEqual(asked(text));
  expect(steps(plan(noted)).filter(({ action }) => action.kind === 'config')).toHaveLength(6);
  for (const step of steps(plan(noted))) if (step.action.kind === 'config') expect(step.asked).toEqual([]);
});

test('what a RUN can see changes its key: a variable, an arg, the directory, the user, the shell', () => {
  const text = 'FROM debian\nRUN x\n';
  const plain = asked(text).at(-1);
  for (const line of ['ENV A=1', 'ARG A=1', 'WORKDIR /w', 'USER app', 'SHELL ["/bin/bash", "-c"]', 'ENV PATH=/opt'])
    expect(asked(text.replace('RUN', `${line}\nRUN`)).at(-1), line).not.toEqual(plain);
});

test('plugins that rewrite are part of every key', () => {
  const text = 'FROM debian\nWORKDIR /w\nCOPY a b\nRUN x\nLABEL a=1\n';
  for (const pairs of asked(text, { pluginKeys: ['ca@1', 'other@2'] }))
    expect(pairs).toContainEqual(['plugins', '["ca@1","other@2"]']);
  expect(
    asked(text)
      .flat()
      .map(([name]) => name),
  ).not.toContain('plugins');
});

test('steps that begin alike have equal ids as far as they are alike, in stages of different images too', () => {
  const built = runCase(
    { why: '', images: { a: { dockerfile: 'a' }, b: { dockerfile: 'b' } } },
    (file) => `FROM debian AS ${file}\nRUN same\nENV A=1\nRUN same too\nRUN only ${file}\n`,
  ).plan;
  const [a, b] = built.stages.map((stage) => stage.steps.map(({ id }) => id));
  expect(a!.slice(0, 3)).toEqual(b!.slice(0, 3));
  expect(a![3]).not.toBe(b![3]);
});

test('a step is another one after another step, on another base, from another context, for another platform', () => {
  const id = (text: string, given: Partial<PlanCase> = {}) => steps(plan(text, given)).at(-1)!.id;
  const plain = id('FROM debian\nCOPY a b\n');
  expect(id('FROM debian\nCOPY a b\n')).toBe(plain);
  expect(id('FROM debian\nRUN x\nCOPY a b\n')).not.toBe(plain);
  expect(id('FROM alpine\nCOPY a b\n')).not.toBe(plain);
  expect(id('FROM debian\nCOPY a b\n', { platforms: ['linux/arm64'] })).not.toBe(plain);
  expect(id('FROM debian\nCOPY a b\n', { noCache: true })).not.toBe(plain);
  expect(id('FROM debian\nCOPY a b\n', { images: { other: {} } })).not.toBe(plain);
});

test('a declared arg that the build gives is asked for; one that nobody declares is not', () => {
  const text = 'FROM debian\nARG V\nRUN x\n';
  expect(asked(text, { args: { V: '1', W: '2' } })[0]).toContainEqual(['arg V', '1']);
  expect(JSON.stringify(asked(text, { args: { W: '2' } }))).toBe(JSON.stringify(asked(text)));
});
