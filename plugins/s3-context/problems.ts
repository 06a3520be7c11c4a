import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('s3-context', {
  LOCATION_INVALID: entry<{ location: string; reason: string }>({
    title: 'An S3 location names no object',
    exit: 2,
    message: ({ location, reason }) => `${location}: ${reason}.`,
    hint: () => 'A context is one object, a tar or a Dockerfile: s3://bucket/folder/context.tar.gz',
  }),
  PREFIX: entry<{ location: string }>({
    title: 'An S3 location is a folder',
    exit: 2,
    message: ({ location }) => `${location} ends with a slash, but a context is one object: a tar or a Dockerfile.`,
    hint: ({ location }) => `tar cz . | aws s3 cp - ${location}context.tar.gz`,
  }),
});
