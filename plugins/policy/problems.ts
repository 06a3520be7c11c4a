import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('policy', {
  BASE_NOT_PINNED: entry<{ base: string; digest?: string }>({
    title: 'A base image is not pinned',
    exit: 2,
    message: ({ base }) => `${base} may be another image tomorrow.`,
    hint: ({ base, digest }) =>
      digest === undefined
        ? `Write ${base}@sha256:… with the digest that it has today.`
        : `Write ${base}@${digest}: what it is today.`,
  }),
  REGISTRY_NOT_ALLOWED: entry<{ base: string; place: string; allowed: readonly string[] }>({
    title: 'An image comes from a registry that is not allowed',
    exit: 2,
    message: ({ base, place }) => `${base} is ${place}, which is not on the list.`,
    hint: ({ allowed }) => `Allowed are: ${allowed.join(', ')}.`,
  }),
  ROOT_USER: entry<{ image: string; user: string }>({
    title: 'An image runs as root',
    exit: 2,
    message: ({ image, user }) =>
      user === '' ? `Nothing says as whom ${image} runs, so it runs as root.` : `${image} runs as ${user}.`,
    hint: () => 'End the last stage with a USER that is not root, by number where the cluster checks it: USER 65532',
  }),
  TOO_LARGE: entry<{ image: string; bytes: number; limit: number; step: string }>({
    title: 'An image is larger than its budget',
    exit: 2,
    message: ({ image, bytes, limit }) =>
      `The layers of ${image} have ${megabytes(bytes)} as they are pushed; ${megabytes(limit)} are allowed.`,
    hint: ({ step }) => `Most of it comes from ${step}.`,
  }),
  INSTRUCTION_FORBIDDEN: entry<{ instruction: string; because?: string | undefined }>({
    title: 'An instruction is forbidden',
    exit: 2,
    message: ({ instruction, because }) =>
      because === undefined ? `${instruction} is not allowed here.` : `${instruction} is not allowed here: ${because}.`,
  }),
  LABEL_MISSING: entry<{ image: string; label: string }>({
    title: 'An image lacks a label',
    exit: 2,
    message: ({ image, label }) => `${image} has no label ${label}.`,
    hint: ({ label }) => `LABEL ${label}="…" in the last stage, or labels in the config.`,
  }),
});

const megabytes = (bytes: number): string =>
  bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
