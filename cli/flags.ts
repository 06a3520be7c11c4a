import type { Flag } from './command.ts';

export const configFlags: readonly Flag[] = [
  { name: 'config', value: 'FILE', path: true, about: 'the config to use; absent: build.config.ts here or above' },
  { name: 'no-config', about: 'use no config' },
];

export const helpFlag: Flag = { name: 'help', short: 'h', about: 'explain the command' };

export const debugFlag: Flag = { name: 'debug', about: 'show stacks and timings of plugins' };

export const isolationFlag: Flag = {
  name: 'isolation',
  value: 'NAME',
  about: 'the way to run steps: overlay, assemble, …; see strake doctor',
};

export const progressKinds: readonly string[] = ['auto', 'tty', 'plain', 'github', 'gitlab', 'json', 'quiet'];

export const progressFlags: readonly Flag[] = [
  {
    name: 'progress',
    value: 'KIND',
    choices: progressKinds,
    about: 'how to show what happens (auto)',
  },
  { name: 'quiet', short: 'q', about: 'show nothing but the digest' },
];

/** How registries are spoken to; kaniko's names. */
export const registryFlags: readonly Flag[] = [
  {
    name: 'insecure-registry',
    value: 'HOST',
    many: true,
    about: 'a registry without a good certificate, or without TLS',
  },
  { name: 'skip-tls-verify-registry', value: 'HOST', many: true, about: 'a registry with TLS, whoever signed for it' },
  { name: 'registry-certificate', value: 'HOST=FILE', many: true, about: 'who signs the certificate of a registry' },
  {
    name: 'registry-client-cert',
    value: 'HOST=CERT,KEY',
    many: true,
    about: 'the certificate to show a registry that wants one',
  },
  {
    name: 'registry-mirror',
    value: 'HOST[/PATH]',
    many: true,
    about: 'where images of Docker Hub are pulled from first',
  },
  {
    name: 'registry-map',
    value: 'OLD=NEW[;OLD=NEW]',
    many: true,
    about: 'where images of any registry, or a part of it, are pulled from first: gcr.io=mirror.example/gcr',
  },
  { name: 'skip-default-registry-fallback', about: 'where there are mirrors, pull from nowhere else' },
];

/** What to build and how; docker's and buildx's spelling where they have one. */
export const imageFlags: readonly Flag[] = [
  { name: 'file', short: 'f', value: 'PATH', path: true, about: 'the Dockerfile (Dockerfile of the context)' },
  { name: 'target', value: 'STAGE', about: 'the stage to build (the last)' },
  { name: 'tag', short: 't', value: 'NAME', many: true, about: 'a name for the image' },
  {
    name: 'destination',
    short: 'd',
    value: 'NAME',
    many: true,
    about: 'a name for the image, which is pushed there',
  },
  { name: 'build-arg', value: 'NAME[=VALUE]', many: true, about: 'a value for an ARG; without one: the environment’s' },
  { name: 'label', value: 'NAME=VALUE', many: true, about: 'a label of the image' },
  { name: 'annotation', value: 'NAME=VALUE', many: true, about: 'an annotation of the manifest' },
  { name: 'platform', value: 'OS/ARCH', many: true, about: 'a platform to build for (this machine’s)' },
  {
    name: 'build-context',
    value: 'NAME=PLACE',
    many: true,
    about: 'what FROM and COPY --from find under a name',
  },
  { name: 'context-sub-path', value: 'PATH', about: 'the part of the context to build from' },
  {
    name: 'git',
    value: 'KEY=VALUE',
    many: true,
    about:
      'how a repository is read: branch=, tag=, ref=, commit=, subdir=, token-env=, …; context=NAME for a named one',
  },
  {
    name: 'http',
    value: 'KEY=VALUE',
    many: true,
    about:
      'how a context is fetched: username=, password-env=, token-env=, checksum=, ca=, …; context=NAME for a named one',
  },
  {
    name: 'prebuild',
    value: 'COMMAND',
    many: true,
    about: 'a command to run before the context is read, after those of the config',
  },
  {
    name: 'prebuild-with',
    value: 'KEY=VALUE',
    many: true,
    about:
      'how --prebuild runs: inputs=GLOB and outputs=GLOB (again for more), in=IMAGE, env=NAME[=VALUE], secret-env=NAME, cwd=, shell=, timeout=SECONDS',
  },
  { name: 'no-cache', about: 'carry out every step' },
  { name: 'no-cache-filter', value: 'STAGE', many: true, about: 'carry out every step of these stages' },
];

export const outputFlags: readonly Flag[] = [
  { name: 'push', about: 'push every tag to its registry' },
  {
    name: 'output',
    short: 'o',
    value: 'SPEC',
    many: true,
    path: true,
    about: 'where the image goes: type=registry|oci|docker|local,dest=…,name=…,tar=false,compression=…',
  },
  { name: 'metadata-file', value: 'FILE', path: true, about: 'write what came out as JSON' },
  { name: 'iidfile', value: 'FILE', path: true, about: 'write the digest of the image' },
];

export const cacheFlags: readonly Flag[] = [
  {
    name: 'cache-from',
    value: 'SPEC',
    many: true,
    about:
      'where steps are looked up besides the store: type=registry,ref=…, type=local,src=…, type=s3,bucket=…; a name alone is a registry’s',
  },
  {
    name: 'cache-to',
    value: 'SPEC',
    many: true,
    about:
      'where steps are left for other machines: type=registry,ref=…,mode=min|max, type=local,dest=…, type=s3,bucket=…',
  },
];

export const jobsFlag: Flag = { name: 'jobs', short: 'j', value: 'N', about: 'steps and stages at a time' };
