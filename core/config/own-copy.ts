import { registerHooks } from 'node:module';

const doors = /^strake(?:\/(?:testing|(?:plugins|presets)\/[\w-]+))?$/;

/**
 * From now on `import 'strake'` anywhere in this process gives the copy that is running: a config needs none of its
 * own, and a plugin's copy is never a second one. Called by the command line, once.
 */
export function shareThisCopy(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (doors.test(specifier)) return { url: doorUrl(specifier), shortCircuit: true };
      const resolved = nextResolve(specifier, context);
      // A package.json without "type" makes Node guess, and warn of it; TypeScript configs are modules.
      return resolved.format == null && resolved.url.endsWith('.ts')
        ? { ...resolved, format: 'module-typescript' }
        : resolved;
    },
  });
}

/** From source the doors are files of the repository; once built, what the package exports. */
function doorUrl(specifier: string): string {
  if (!import.meta.url.endsWith('.ts')) return import.meta.resolve(specifier);
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
