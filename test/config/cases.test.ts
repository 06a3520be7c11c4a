import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BuildError } from '../../core/base/errors.ts';
import { describeConfig } from '../../core/config/describe.ts';
import type { ConfigLayer } from '../../core/config/define.ts';
import { resolveConfig } from '../../core/config/resolve.ts';
import { settleRequests } from '../../core/config/settle.ts';
import { why } from '../../core/config/why.ts';

/**
 * A folder a case. `layers.ts` exports a config and, where it matters, `base` (the standard preset), `env`, and `whys`
 * (paths to trace); `resolved.json` is what comes out, `problem.txt` what is refused. UPDATE=1 writes them anew.
 */
interface Case {
  readonly default: ConfigLayer;
  readonly base?: ConfigLayer;
  readonly env?: Readonly<Record<string, string>>;
  readonly whys?: readonly string[];
}

const folder = fileURLToPath(new URL('./cases', import.meta.url));

describe.each(readdirSync(folder))('%s', (name) => {
  test('comes out as written down', async () => {
    const given = (await import(join(folder, name, 'layers.ts'))) as Case;
    const { file, text } = outcome(given);
    const path = join(folder, name, file);
    if (process.env['UPDATE'] === '1') writeFileSync(path, text);
    expect(existsSync(path), `${file} is missing; this came out:\n${text}`).toBe(true);
    expect(text).toBe(readFileSync(path, 'utf8'));
    expect(readdirSync(join(folder, name)).length).toBe(2);
  });
});

function outcome(given: Case): { readonly file: string; readonly text: string } {
  try {
    const config = resolveConfig({
      base: given.base ?? {},
      config: { file: 'build.config.ts', layer: given.default },
      env: given.env ?? {},
    });
    const place = { cwd: '/project', dir: '/project', host: { os: 'linux', architecture: 'amd64' } };
    const requests = settleRequests(config, config.images, place);
    const chains = (given.whys ?? []).map((path) => why(path, config));
    const text = JSON.stringify(
      { ...describeConfig(config), ...(chains.length > 0 && { why: chains }), requests },
      // Where on this machine a prehook was written is no part of what comes out.
      (key, value: unknown) => (key === 'at' ? undefined : value),
      2,
    );
    return { file: 'resolved.json', text: `${text}\n` };
  } catch (error) {
    if (!BuildError.is(error)) throw error;
    const lines = [
      `${error.code} (exit ${error.exit})`,
      error.message,
      ...(error.hint === undefined ? [] : [error.hint]),
    ];
    return { file: 'problem.txt', text: `${lines.join('\n')}\n` };
  }
}
