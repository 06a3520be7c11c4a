import { defineProblems, entry } from '../../core/index.ts';

const howToLogIn =
  'Log in with `gcloud auth application-default login`, or name a file of credentials with GOOGLE_APPLICATION_CREDENTIALS.';

export const problem = defineProblems('gcs-context', {
  LOCATION_INVALID: entry<{ location: string; reason: string }>({
    title: 'A location in Google Cloud Storage is not understood',
    exit: 2,
    message: ({ location, reason }) => `${location}: ${reason}.`,
    hint: () => 'It reads gs://bucket/path/context.tar.gz, with #generation for one version of the object.',
  }),
  OBJECT_MISSING: entry<{ what: string; who: string }>({
    title: 'The object does not exist',
    exit: 2,
    message: ({ what, who }) => `There is no ${what} (asked with ${who}).`,
    hint: ({ what }) => `What is there is listed by: gcloud storage ls ${what.slice(0, what.lastIndexOf('/') + 1)}`,
  }),
  BUCKET_MISSING: entry<{ bucket: string }>({
    title: 'The bucket does not exist',
    exit: 2,
    message: ({ bucket }) => `There is no bucket "${bucket}".`,
    hint: () => 'Names of buckets are the same for everybody: is it spelled right?',
  }),
  DENIED: entry<{ what: string; who: string; anonymous: boolean; said: string }>({
    title: 'Google Cloud Storage denied access',
    exit: 1,
    message: ({ what, who, said }) =>
      `${what} is not given to us (asked with ${who})${said === '' ? '.' : `: ${said}`}`,
    hint: ({ anonymous }) =>
      anonymous
        ? howToLogIn
        : 'Who asks needs the permission storage.objects.get there, as the role Storage Object Viewer has it.',
  }),
  REFUSED: entry<{ what: string; status: number; said: string; wait?: number }>({
    title: 'Google Cloud Storage refused a request',
    exit: 1,
    message: ({ what, status, said }) => `${what}: status ${status}${said === '' ? '.' : `: ${said}`}`,
    hint: ({ status }) =>
      status >= 500 ? 'The service has a problem of its own; it was asked several times.' : undefined,
  }),
  ANSWER_INVALID: entry<{ what: string; reason: string }>({
    title: 'Google Cloud Storage gave an answer that makes no sense',
    exit: 1,
    message: ({ what, reason }) => `${what}: ${reason}.`,
    hint: () => 'Something else may answer at this address, or a proxy changes what it says.',
  }),
});
