import { expect, test } from 'vitest';
import { runCase, type PlanCase } from './plan-case.ts';

const given: PlanCase = { why: '' };

test('a chain of thousands of stages is planned without running out of stack', () => {
  const count = 4000;
  const lines = Array.from(
    { length: count },
    (_, at) => `FROM ${at === 0 ? 'debian' : `s${at - 1}`} AS s${at}\nENV V=${at}`,
  );
  const { plan } = runCase(given, () => lines.join('\n'));
  expect(plan.stages).toHaveLength(count);
  expect(plan.stages.at(-1)!.config.env).toContainEqual(['V', String(count - 1)]);
});

test('a stage that many copy from is settled once', () => {
  const users = Array.from(
    { length: 20 },
    (_, at) => `FROM s${at} AS s${at + 1}\nCOPY --from=s${at} /a /a\nCOPY --from=s0 /b /b`,
  );
  const { plan } = runCase(given, () => ['FROM debian AS s0', 'RUN x', ...users].join('\n'));
  expect(plan.stages).toHaveLength(21);
});

test('images that need one another in a ladder are each planned once for a platform', () => {
  const count = 24;
  const images = Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `i${at}`,
      {
        dockerfile: String(at),
        contexts: at === 0 ? [] : [{ name: 'below', kind: 'image' as const, image: `i${at - 1}` }],
      },
    ]),
  );
  const { plan } = runCase({ ...given, images }, (file) =>
    file === '0' ? 'FROM debian\nRUN x\n' : 'FROM below\nCOPY --from=below /a /b\n',
  );
  expect(plan.stages).toHaveLength(count);
});

test('an instruction with a thousand variables is as quick as its text is long', () => {
  const pairs = Array.from({ length: 1000 }, (_, at) => `V${at}=$V${at - 1}x`).join(' ');
  const text = `FROM debian\nENV ${pairs}\n${'RUN x\n'.repeat(50)}`;
  const before = performance.now();
  runCase(given, () => text);
  expect(performance.now() - before).toBeLessThan(2000);
});
