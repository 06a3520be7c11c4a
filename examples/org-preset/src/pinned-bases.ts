import { BuildErrors, definePlugin, defineProblems, entry } from 'strake';

const problem = defineProblems('acme', {
  BASE_NOT_PINNED: entry<{ base: string; digest: string }>({
    title: 'A base image is not pinned',
    exit: 2,
    message: ({ base }) => `${base} may be another image tomorrow.`,
    hint: ({ base, digest }) => `Write ${base}@${digest}: what it is today.`,
  }),
});

/** Policy: a base is named with its digest, or comes from a place that is trusted. Each violation at its line. */
export const pinnedBases = definePlugin((trusted: readonly string[]) => ({
  name: 'acme-pinned-bases',
  apply({ planned }) {
    planned.tap('acme-pinned-bases', ({ stages }) => {
      const problems = stages.flatMap(({ base, at }) => {
        if (base.kind !== 'image') return [];
        const { reference, digest } = base.image;
        const isFine = reference.includes('@sha256:') || trusted.some((place) => reference.startsWith(place));
        return isFine ? [] : [problem('BASE_NOT_PINNED', { base: reference, digest }, { at })];
      });
      if (problems.length === 1) throw problems[0]!;
      if (problems.length > 1) throw new BuildErrors(problems, `${problems.length} bases are not pinned`);
    });
  },
}));
