import { entry } from './entry.ts';

/** What goes wrong while steps are carried out. */
export const running = {
  RUN_EXITED: entry<{ script: string; status: number; tail: readonly string[]; log?: string }>({
    title: 'A RUN command failed',
    // A failing RUN's own status is the status of the process.
    exit: ({ status }) => (status > 0 && status < 256 ? status : 1),
    message: ({ script, status, tail }) =>
      [
        `\`${script}\` exited with status ${status}.`,
        ...(tail.length > 0 ? ['last lines it printed', ...tail.map((line) => `  │ ${line}`)] : []),
      ].join('\n'),
    hint: ({ log }) => (log ? `Its whole output is in ${log}` : undefined),
  }),
  COPY_SOURCE_MISSING: entry<{
    source: string;
    where: string;
    ignoredBy?: string;
    /** Where a link of this name leads. */
    leadsTo?: string;
    /** The Dockerfile writes it with `..` in front, which leads nowhere. */
    upwards?: boolean;
    nearest?: string;
  }>({
    title: 'A file to copy does not exist',
    exit: 1,
    message: ({ source, where, ignoredBy, leadsTo }) => {
      if (ignoredBy) return `"${source}" is excluded from ${where} by ${ignoredBy}.`;
      if (leadsTo) return `"${source}" is a link to ${leadsTo}, which is not in ${where}.`;
      return `There is no "${source}" in ${where}.`;
    },
    hint: ({ source, nearest, ignoredBy, leadsTo, upwards }) => {
      if (ignoredBy) return `A line !${source} at the end of ${ignoredBy.replace(/:\d+$/, '')} brings it back.`;
      if (leadsTo) return 'Links are followed inside of what is copied from alone; its root is their root.';
      if (nearest) return `Did you mean "${nearest}"?`;
      return upwards
        ? 'Nothing leads out of a context: build the folder above with -f, or name what lies there with --build-context.'
        : undefined;
    },
  }),
  COPY_DESTINATION_CLASH: entry<{ source: string; destination: string; there: string; wanted: string }>({
    title: 'Something else stands where a copy is to go',
    exit: 1,
    message: ({ source, destination, there, wanted }) =>
      `"${source}" cannot become ${destination}: a ${wanted} is needed there, and there is a ${there}.`,
    hint: ({ there }) =>
      there === 'symlink'
        ? 'A link in the place of a directory is only followed when the destination names it.'
        : 'Copy to another path, or remove what is there with a RUN before.',
  }),
  LINK_LOOP: entry<{ path: string }>({
    title: 'Links lead in a circle',
    exit: 1,
    message: ({ path }) => `"${path}" leads through more than 40 symbolic links.`,
  }),
  OWNER_UNKNOWN: entry<{ kind: 'user' | 'group'; name: string; file: string; nearest?: string }>({
    title: 'An owner is not known in the image',
    exit: 1,
    message: ({ kind, name, file }) => `There is no ${kind} "${name}" in ${file} of the image.`,
    hint: ({ kind, nearest }) =>
      nearest
        ? `Did you mean "${nearest}"?`
        : `Add the ${kind} with a RUN before, or give a number, which needs no entry there.`,
  }),
  OWNER_INVALID: entry<{ spec: string; reason: string }>({
    title: 'An owner is not valid',
    exit: 2,
    message: ({ spec, reason }) => `"${spec}" is no owner: ${reason}.`,
    hint: () => 'Write user, user:group, or ids: 1000:1000.',
  }),
  SOURCE_UNREADABLE: entry<{ path: string; where: string; reason: string }>({
    title: 'A file to copy cannot be read',
    exit: 1,
    message: ({ path, where, reason }) => `${path} in ${where} cannot be read: ${reason}.`,
    hint: () => 'Make it readable for the user who builds, or leave it out with a .dockerignore.',
  }),
  LAYER_LOST: entry<{ digest: string; reason?: string }>({
    title: 'A layer cannot be had any more',
    exit: 1,
    message: ({ digest, reason }) =>
      reason === undefined
        ? `The blob ${digest} is not in the store and no registry is known to have it.`
        : `The blob ${digest} is not in the store and cannot be had: ${reason}`,
    hint: () => 'Build again with --no-cache.',
  }),
  OUTPUT_UNKNOWN: entry<{ type: string; known: readonly string[]; nearest?: string }>({
    title: 'There is no such output',
    exit: 2,
    message: ({ type }) => `Nothing in this build writes outputs of type "${type}".`,
    hint: ({ known, nearest }) => (nearest ? `Did you mean "${nearest}"?` : `It writes: ${known.join(', ')}.`),
  }),
  IMAGE_NOT_FOUND: entry<{ text: string; sources: readonly string[] }>({
    title: 'A base image was not found',
    exit: 1,
    message: ({ text, sources }) => `None of ${sources.join(', ')} has "${text}".`,
  }),
  INTERNAL: entry<{ reason: string }>({
    title: 'strake made a mistake',
    exit: 70,
    message: ({ reason }) => reason,
    hint: () => 'This is our bug. Please report it with the text above.',
  }),
};
