import { entry } from './entry.ts';

/** `registry.example/team/app:1`: a path that hardly any folder has. */
const imageLike = /^[\w.-]+(?::\d+)?\/[\w./-]+[:@][\w.:-]+$/;

/** What the user handed in: contexts, Dockerfile locations, names, flags. */
export const input = {
  USAGE: entry<{ reason: string; usage?: string }>({
    title: 'The command line was not understood',
    exit: 2,
    message: ({ reason }) => reason,
    hint: ({ usage }) => usage,
  }),
  VARIABLE_INVALID: entry<{ name: string; value: string; expected: string }>({
    title: 'An environment variable has a wrong value',
    exit: 2,
    message: ({ name, value, expected }) => `${name} is "${value}"; it must be ${expected}.`,
  }),
  SYSTEM_REFUSED: entry<{ code: string; call: string; reason: string; path?: string }>({
    title: 'The system refused something',
    exit: 1,
    message: ({ reason }) => `${reason}.`,
    hint: ({ code, path }) => {
      if (code === 'ENOSPC') return 'The disk is full; `strake prune` makes room in the store.';
      if (code === 'EDQUOT') return 'The quota of this user is used up; `strake prune` makes room in the store.';
      if (code === 'EMFILE' || code === 'ENFILE') return 'Too many files are open: raise the limit with `ulimit -n`.';
      if (code === 'EROFS') return 'The file system is mounted read-only.';
      if (code === 'EACCES' || code === 'EPERM') return path ? `May this user do that with ${path}?` : undefined;
      return undefined;
    },
  }),
  COMMAND_MISSING: entry<{ image: string }>({
    title: 'There is nothing to run',
    exit: 2,
    message: ({ image }) => `${image} has neither an ENTRYPOINT nor a CMD.`,
    hint: ({ image }) => `Say what to run: strake run ${image} COMMAND`,
  }),
  OUTPUT_INVALID: entry<{ text: string; reason: string }>({
    title: 'An output is not understood',
    exit: 2,
    message: ({ text, reason }) => `"${text}": ${reason}.`,
    hint: () => 'Write type=registry, type=oci,dest=image.tar, type=docker,dest=image.tar or type=local,dest=folder.',
  }),
  DOCKERFILE_NOT_FOUND: entry<{ path: string; nearest?: string }>({
    title: 'There is no Dockerfile',
    exit: 2,
    message: ({ path }) => `No file at ${path}.`,
    hint: ({ nearest }) =>
      nearest ? `Did you mean ${nearest}? Name it with -f.` : 'Name the Dockerfile with -f, or run strake where it is.',
  }),
  CONTEXT_NOT_FOUND: entry<{ path: string }>({
    title: 'The build context does not exist',
    exit: 2,
    message: ({ path }) => `${path} is no directory.`,
    hint: ({ path }) => {
      if (/^file:/i.test(path)) return 'file:// takes a whole path: file:///srv/app. From here it is dir://app.';
      return imageLike.test(path) ? `An image is named as docker-image://${path}.` : undefined;
    },
  }),
  CONTEXT_PART_MISSING: entry<{ part: string; context: string; why: 'absent' | 'file' | 'outside' | 'dockerfile' }>({
    title: 'The part of the context does not exist',
    exit: 2,
    message: ({ part, context, why }) =>
      why === 'dockerfile'
        ? `There is no ${part} in ${context}: it is a Dockerfile alone.`
        : why === 'outside'
          ? `${part} leads out of ${context}.`
          : why === 'file'
            ? `${part} of ${context} is no directory.`
            : `There is no ${part} in ${context}.`,
  }),
  CONTEXT_SCHEME_UNKNOWN: entry<{ scheme: string; known: readonly string[] }>({
    title: 'No plugin can open this context',
    exit: 2,
    message: ({ scheme }) => `Nothing in this build opens "${scheme}" contexts.`,
    hint: ({ known }) => `It opens: ${known.join(', ')}. Add the plugin that offers the missing one.`,
  }),
  REFERENCE_INVALID: entry<{ text: string; reason: string }>({
    title: 'An image name is not valid',
    exit: 2,
    message: ({ text, reason }) => `"${text}" is no image reference: ${reason}.`,
    hint: () => 'A reference reads registry.example/team/name:tag or name@sha256:…; names are lower case.',
  }),
  PLATFORM_INVALID: entry<{ text: string }>({
    title: 'A platform is not valid',
    exit: 2,
    message: ({ text }) => `"${text}" is no platform.`,
    hint: () => 'Write os/arch or os/arch/variant: linux/amd64, linux/arm64, linux/arm/v7.',
  }),
};
