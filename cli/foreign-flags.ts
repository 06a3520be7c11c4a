/**
 * What people write who know docker, buildx, podman or kaniko, and what does the same here: a flag, or the rest of a
 * sentence.
 */
const ofBuild: Readonly<Record<string, string>> = {
  context: 'the context is a word of its own: strake build PLACE',
  dockerfile: '--file PATH',
  'no-push': 'nothing is pushed without --push or --destination',
  cache: 'steps are always remembered in the store; --cache-from and --cache-to share them with other machines',
  'cache-repo': '--cache-from NAME --cache-to NAME',
  'cache-dir': '--cache-from type=local,src=DIR --cache-to type=local,dest=DIR',
  'cache-ttl': '--cache-from …,max-age=14d',
  'cache-copy-layers': 'every step is remembered',
  'cache-run-layers': 'every step is remembered',
  'tar-path': '--output type=docker,dest=FILE',
  tarpath: '--output type=docker,dest=FILE',
  'oci-layout-path': '--output type=oci,dest=DIR,tar=false',
  'digest-file': '--iidfile FILE',
  'image-name-with-digest-file': '--metadata-file FILE',
  'image-name-tag-with-digest-file': '--metadata-file FILE',
  'custom-platform': '--platform OS/ARCH',
  customplatform: '--platform OS/ARCH',
  reproducible: 'set SOURCE_DATE_EPOCH=0 and say --output …,rewrite-timestamp=true, or take the preset reproducible',
  insecure: '--insecure-registry HOST',
  'insecure-pull': '--insecure-registry HOST',
  'skip-tls-verify': '--skip-tls-verify-registry HOST',
  'skip-tls-verify-pull': '--skip-tls-verify-registry HOST',
  'push-retry': 'attempts of settings.registries, in the config',
  'image-download-retry': 'attempts of settings.registries, in the config',
  v: '--progress plain, or --debug',
  verbosity: '--progress plain, or --debug',
  'log-format': '--progress json',
  'single-snapshot': 'there is nothing to say about snapshots',
  'snapshot-mode': 'there is nothing to say about snapshots',
  'use-new-run': 'there is nothing to say about snapshots',
  'compressed-caching': 'memory is bounded anyway',
  cleanup: 'nothing but the store is left behind, which strake prune makes small',
  force: 'it runs outside of containers too',
  load: 'an image stays in the store for strake run; --output type=docker,dest=FILE is for docker load',
  pull: 'names of base images are looked up every time',
  rm: 'nothing is left to remove',
  'cache-export': '--cache-to SPEC',
  secret: 'RUN --mount is not carried out yet',
  ssh: 'RUN --mount is not carried out yet',
  network: 'steps are on the network of this machine',
  'add-host': 'steps see the /etc/hosts of this machine',
  attest: 'attestations are not made yet',
  provenance: 'attestations are not made yet',
  sbom: 'attestations are not made yet',
};

const ofRun: Readonly<Record<string, string>> = {
  i: 'standard input always goes in',
  interactive: 'standard input always goes in',
  t: 'a terminal is always handed on',
  it: 'standard input and the terminal are always handed on',
  tty: 'a terminal is always handed on',
  d: 'it stays in the foreground',
  detach: 'it stays in the foreground',
  p: 'the command is on the network of this machine, with all its ports',
  publish: 'the command is on the network of this machine, with all its ports',
  name: 'what runs has no name',
  mount: '--volume HOST:IMAGE',
};

const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  build: ofBuild,
  plan: ofBuild,
  run: ofRun,
};

/** What is said of a flag that another tool has; `--digest-file`, `-i`. */
export function foreignFlag(command: string, raw: string): string | undefined {
  const name = raw.replace(/^-+/, '').toLowerCase();
  const table = tables[command];
  if (table === undefined || !Object.hasOwn(table, name)) return undefined;
  const here = table[name]!;
  return here.startsWith('-') ? `here it is ${here}` : here;
}

/** Commands of other tools by what does the same here. */
export const foreignCommands: Readonly<Record<string, string>> = {
  bake: 'build',
  images: 'ls',
  info: 'doctor',
  init: 'new',
  push: 'build --push',
  pull: 'run',
};
