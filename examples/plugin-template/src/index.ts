import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { definePlugin, defineProblems, entry, isRemote, pluginOptions, type World } from 'strake';
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
 * Before the context is read, writes a JSON file with environment variables into it; and gives the same variables to
 * every RUN. Their values are no part of cache keys: what is to change the image comes in by the file.
 */
export const versionFile = definePlugin((given: VersionFileOptions) => {
  const { file, variables } = pluginOptions(options, given, 'version-file');
  return {
    name: 'version-file',
    // Enters the keys of all steps: raise it when the plugin does something else to a RUN.
    cacheKey: `1 ${variables.join(' ')}`,

    apply({ preBuild, job }) {
      // A moment: taps look on. All complaints of all plugins are shown together, then the build ends.
      preBuild.tapPromise('version-file', async ({ requests, complain, planOnly }, { world }) => {
        const missing = variables.filter((name) => !world.env[name]);
        for (const name of missing) complain(problem('VARIABLE_MISSING', { name }));
        if (missing.length > 0 || planOnly) return;
        const contexts = new Set(requests.map(({ context }) => context).filter((context) => !isRemote(context)));
        for (const context of contexts) await write(resolve(world.cwd, context, file), variables, world);
      });

      // A rewrite: each tap gives back what the next one gets.
      job.tap('version-file', (it, { world }) => ({ ...it, env: [...it.env, ...pairs(variables, world)] }));
    },
  };
});

const pairs = (variables: readonly string[], { env }: World): [string, string][] =>
  variables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));

async function write(path: string, variables: readonly string[], world: World): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(Object.fromEntries(pairs(variables, world)), null, 2)}\n`);
}
