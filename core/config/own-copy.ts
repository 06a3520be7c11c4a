import { registerHooks } from 'node:module';

const doors = /^strake(?:\/(?:testing|(?:plugins|presets)\/[\w-]+))?$/;

/**
 * From now on `import 'strake'` anywhere in this process gives the copy that is running: a config needs none of its
 * own, and a plugin's copy is never a second one. Called by the command line, once.
 */
export function shareThisCopy(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (doors.test(specifier)) {
        const url = sourceOf(specifier);
        // Once built, the package finds its own doors by its name.
        return url === undefined
          ? nextResolve(specifier, { ...context, parentURL: import.meta.url })
          : { url, shortCircuit: true };
      }
      const resolved = nextResolve(specifier, context);
      // Left to package.json, Node would guess, or read a config as CommonJS; TypeScript here is written as modules.
      return resolved.url.endsWith('.ts') && !resolved.url.includes('/node_modules/')
        ? { ...resolved, format: 'module-typescript' }
        : resolved;
    },
  });
}

/** From source the doors are files of the repository. */
function sourceOf(specifier: string): string | undefined {
  if (!import.meta.url.endsWith('.ts')) return undefined;
  const [, folder, name] = specifier.split('/');
  const path =
    folder === undefined
      ? 'core/index.ts'
      : folder === 'testing'
        ? 'core/testing/index.ts'
        : folder === 'plugins'
          ? `plugins/${name}/index.ts`
          : `presets/${name}.ts`;
  return new URL(`../../${path}`, import.meta.url).href;
}
