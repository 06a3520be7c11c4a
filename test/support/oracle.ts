/** What Debian's buildah makes of a Dockerfile: another builder's opinion on the same question. */
import { readImage, type TestImage } from './images.ts';
import { layoutSource } from './image-source.ts';
import { withStore } from './container-tools.ts';
import { ensurePackages } from './packages.ts';
import { describeFailure, tryRun, type RunResult } from './process.ts';

/** What buildah leaves in the layer of a RUN: the places where it mounted something. */
export const oracleTraces: readonly string[] = [
  'etc/hostname',
  'etc/hosts',
  'etc/resolv.conf',
  'run',
  'run/.containerenv',
  'dev',
  'proc',
  'sys',
];

export interface OracleRequest {
  readonly context: string;
  /** `Dockerfile` in the context if not said. */
  readonly dockerfile?: string;
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly platform?: string;
  /** Further options of `buildah build`. */
  readonly flags?: readonly string[];
}

export interface OracleResult {
  /** What buildah wrote on its way. */
  readonly output: string;
  readonly image: TestImage;
}

/**
 * Builds by buildah (a layer for each instruction, chroot isolation) and writes the image as an OCI layout into `layout`.
 * Throws when the build fails; `tryBuildah` does not.
 */
export async function buildahBuild(request: OracleRequest, layout: string): Promise<OracleResult> {
  const result = await tryBuildah(request, layout);
  if (result.status !== 0) throw new Error(describeFailure(result));
  return { output: result.stdout + result.stderr, image: await readImage(layoutSource(layout)) };
}

/** The same, whatever comes of it. */
export async function tryBuildah(request: OracleRequest, layout: string): Promise<RunResult> {
  await ensurePackages(['buildah']);
  return withStore('buildah', async (store) => {
    const args = Object.entries(request.buildArgs ?? {}).map(([name, value]) => `--build-arg=${name}=${value}`);
    const command = [
      'buildah',
      ...store.options,
      'build',
      '--isolation=chroot',
      '--layers',
      '--format=oci',
      '--network=host',
      '--tls-verify=false',
      '--pull-always',
      `--signature-policy=${store.policyFile}`,
      ...(request.dockerfile === undefined ? [] : [`--file=${request.dockerfile}`]),
      ...(request.target === undefined ? [] : [`--target=${request.target}`]),
      ...(request.platform === undefined ? [] : [`--platform=${request.platform}`]),
      ...args,
      ...(request.flags ?? []),
      '--tag=oracle',
      request.context,
    ];
    const built = await tryRun(command, { env: store.env });
    if (built.status !== 0) return built;
    const pushed = ['push', '--quiet', `--signature-policy=${store.policyFile}`, 'oracle', `oci:${layout}:latest`];
    const push = await tryRun(['buildah', ...store.options, ...pushed], { env: store.env });
    return push.status === 0 ? built : push;
  });
}
