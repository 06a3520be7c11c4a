import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('oci-layout', {
  LOCATION: entry<{ text: string }>({
    title: 'A location of an OCI layout is not understood',
    exit: 2,
    message: ({ text }) => `${text} names no layout.`,
    hint: () =>
      'It is oci-layout://DIRECTORY, with :TAG or @sha256:DIGEST after it where the layout has several images.',
  }),
  NOT_A_LAYOUT: entry<{ directory: string; reason: string; archive?: boolean }>({
    title: 'There is no OCI layout',
    exit: 2,
    message: ({ directory, reason }) => `${directory} is no OCI image layout: ${reason}.`,
    hint: ({ archive }) =>
      archive
        ? 'A layout in a tar has to be unpacked first; `--output type=oci,dest=DIRECTORY,tar=false` writes it as a directory.'
        : '`--output type=oci,dest=DIRECTORY,tar=false` writes one, so does `skopeo copy … oci:DIRECTORY`.',
  }),
  NOT_IN_LAYOUT: entry<{ directory: string; wanted: string; known: readonly string[] }>({
    title: 'An image is not in the OCI layout',
    exit: 2,
    message: ({ directory, wanted }) => `${directory} has no ${wanted}.`,
    hint: ({ known }) => (known.length === 0 ? 'Its images have no names.' : `It has ${known.join(', ')}.`),
  }),
  PLATFORM_MISSING: entry<{ text: string; wanted: string; available: readonly string[] }>({
    title: 'The OCI layout has no image for the platform',
    exit: 2,
    message: ({ text, wanted }) => `${text} has nothing for ${wanted}.`,
    hint: ({ available }) => (available.length === 0 ? undefined : `It has ${available.join(', ')}.`),
  }),
  DAMAGED: entry<{ file: string; reason: string }>({
    title: 'An OCI layout is damaged',
    exit: 1,
    message: ({ file, reason }) => `${file} ${reason}.`,
  }),
});
