import { expect, test } from 'vitest';
import { readTree, tryPlugin } from 'strake/testing';
import { versionFile } from '../src/index.ts';

const tree = { '/Dockerfile': 'FROM scratch\nCOPY src /src\n', '/src/main.js': 'run();\n' };
const env = { COMMIT: 'abc123', BUILD: '7' };

test('the file is in the image', async () => {
  await using bench = await tryPlugin(versionFile({ file: 'src/version.json', variables: ['COMMIT', 'BUILD'] }), {
    env,
  });
  const { files } = await bench.build(tree);
  expect(files).toEqual({
    '/src/main.js': 'run();\n',
    '/src/version.json': '{\n  "COMMIT": "abc123",\n  "BUILD": "7"\n}\n',
  });
});

test('a RUN has the variables', async () => {
  await using bench = await tryPlugin(versionFile({ variables: ['COMMIT'] }), { env });
  const job = await bench.job({ env: [['PATH', '/bin']] });
  expect(job.env).toEqual([
    ['PATH', '/bin'],
    ['COMMIT', 'abc123'],
  ]);
});

test('everything that is missing is said at once, and nothing is built', async () => {
  await using bench = await tryPlugin(versionFile({ variables: ['COMMIT', 'BRANCH', 'TAG'] }), { env });
  await expect(bench.build(tree)).rejects.toMatchObject({
    errors: [
      { code: 'version-file/VARIABLE_MISSING', message: 'BRANCH is not in the environment.' },
      { code: 'version-file/VARIABLE_MISSING', message: 'TAG is not in the environment.' },
    ],
  });
  expect(bench.world.events).toEqual([]);
});

test('a plan writes no file', async () => {
  await using bench = await tryPlugin(versionFile({ variables: ['COMMIT'] }), { env });
  await bench.plan(tree);
  expect(JSON.stringify(readTree(bench.world.cwd))).not.toContain('version.json');
});

test('mistakes in the options are told as mistakes in the config are', () => {
  expect(() => versionFile({ variables: [], fiel: 'x' } as object as { variables: string[] })).toThrow(
    [
      'version-file: 2 things to fix',
      '  options.variables   is []; it must not be empty.',
      '  options.fiel        is not a setting. Did you mean "file"?',
    ].join('\n'),
  );
});
