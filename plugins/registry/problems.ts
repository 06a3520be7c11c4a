import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('registry', {
  NAME_MISSING: entry<{ image: string }>({
    title: 'An image to push has no name',
    exit: 2,
    message: ({ image }) => `"${image}" has no tag that says where to push it.`,
    hint: () => 'Name it: -t registry.example/team/app:1, or type=registry,name=registry.example/team/app:1.',
  }),
  OPTION_UNKNOWN: entry<{ name: string }>({
    title: 'An output has an unknown option',
    exit: 2,
    message: ({ name }) => `Outputs of type "registry" have no option "${name}".`,
    hint: ({ name }) =>
      name === 'oci-mediatypes'
        ? 'Images have the media types of OCI without a word.'
        : 'They have: name, compression, compression-level, force-compression, rewrite-timestamp, push-by-digest.',
  }),
});
