import { problems } from '../core/base/errors.ts';

/** The reference page of all problems, made from the table. */
export function problemsPage(): string {
  const rows = Object.entries(problems)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, it]) =>
        `| \`${code}\` | ${it.title} | ${typeof it.exit === 'function' ? "the command's own" : it.exit} |`,
    );
  return [
    '# Problems',
    '',
    'Everything strake can complain about, by code. Codes are permanent; wording may change. With each comes where it',
    'happened, what was found and, where there is one, a hint. Plugins have codes of their own: `outputs/DESTINATION_MISSING`.',
    '',
    'This page is made by `npm run docs` from [core/base/problems](../core/base/problems).',
    '',
    '| code | what | exit status |',
    '| --- | --- | --- |',
    ...rows,
    '',
    'Exit statuses: 1 the build failed · 2 the input needs a fix · 70 a bug of ours · 130 interrupted (143 by SIGTERM) · a failing RUN its own.',
    '',
  ].join('\n');
}
