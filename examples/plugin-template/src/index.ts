import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { definePlugin, defineProblems, entry, pluginOptions, prehook, toPrehook, type World } from 'strake';
import { z } from 'zod';

const options = z.strictObject({
  /** Where the file goes, below the context. */
  file: z.string().min(1).default('version.json'),
  /** Names of the environment variables that go into it; all of them have to be set. */
  variables: z.array(z.string().min(1)).min(1),
});

export type VersionFileOptions = z.input<typeof options>;

const problem = defineProblems('version-file', {
  VARIABLE_MISSING: entry<{ name: string }>({
    title: 'A variable for the version file is not set',
    exit: 2,
    message: ({ name }) => `${name} is not in the environment.`,
    hint: ({ name }) => `On a machine of your own: ${name}=dev strake build …`,
  }),
});

/**
 * A prehook that writes a JSON file with environment variables into the context, before that is read; and the same
 * variables for every RUN. Their values are no part of cache keys: what is to change the image comes in by the file.
 */
export const versionFile = definePlugin((given: VersionFileOptions) => {
  const { file, variables } = pluginOptions(options, given, 'version-file');
  const write = prehook(
    async ({ context, env, report }) => {
      const path = join(context, file);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `${JSON.stringify(Object.fromEntries(pairs(variables, env)), null, 2)}\n`);
      report(`wrote ${file}`);
    },
    // Without inputs it always runs: the environment is nothing a cache could look at.
    { name: 'version file', outputs: [file] },
  );
  return {
    name: 'version-file',
    // Enters the keys of all steps: raise it when the plugin does something else to a RUN.
    cacheKey: `1 ${variables.join(' ')}`,

    apply({ request, preBuild, job }) {
      // A rewrite: each tap gives back what the next one gets. Here every image gets one more prehook.
      request.tap('version-file', (it) => ({ ...it, prebuild: [...it.prebuild, toPrehook(write)] }));

      // A moment: taps look on. All complaints of all plugins are shown together, then the build ends.
      preBuild.tap('version-file', ({ complain }, { world }) => {
        for (const name of variables) if (!world.env[name]) complain(problem('VARIABLE_MISSING', { name }));
      });

      job.tap('version-file', (it, { world }) => ({ ...it, env: [...it.env, ...pairs(variables, world.env)] }));
    },
  };
});

const pairs = (variables: readonly string[], env: World['env']): [string, string][] =>
  variables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
