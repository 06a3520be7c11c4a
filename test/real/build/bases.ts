/** The bases that cases name as `base/NAME`. */
import { oddBases, busyboxBase, busyboxMultiBase } from '../../support/bases.ts';
import { cachedBase, type BaseImage } from '../../support/bases/base-image.ts';
import { busyboxBinary, busyboxConfig, busyboxTar } from '../../support/bases/busybox.ts';
import type { ContainerConfig } from '../../support/oci-types.ts';

/** An image that says all there is to say. */
const configured: ContainerConfig = {
  Env: [...busyboxConfig.Env, 'LANG=de_DE.UTF-8', 'OF_BASE=yes'],
  User: 'app',
  WorkingDir: '/home/app',
  Entrypoint: ['/bin/busybox'],
  Cmd: ['sh', '-c', 'echo base'],
  Labels: { 'of-base': 'yes', 'org.example.kept': 'kept' },
  ExposedPorts: { '8080/tcp': {} },
  Volumes: { '/of-base': {} },
  StopSignal: 'SIGTERM',
  Shell: ['/bin/sh', '-e', '-c'],
  Healthcheck: { Test: ['CMD', '/bin/busybox', 'true'], Interval: 10_000_000_000, Retries: 2 },
};

const onbuild: ContainerConfig = {
  ...busyboxConfig,
  OnBuild: [
    'WORKDIR /app',
    'COPY . .',
    'ARG WHO=somebody',
    'RUN echo "$WHO was here" > /triggered',
    'ENV TRIGGERED=1',
    'COPY --chown=app <<EOF /app/inline\ninline of $WHO\nEOF',
  ],
};

const ofConfig = async (name: string, version: string, config: ContainerConfig): Promise<BaseImage> =>
  cachedBase(`build-${name}`, version, async () => [
    { layers: [{ tar: await busyboxTar(await busyboxBinary('amd64')), createdBy: `${name} busybox` }], config },
  ]);

/** All bases by the name that cases know them by. */
export async function caseBases(): Promise<ReadonlyMap<string, BaseImage>> {
  return new Map([
    ['busybox', await busyboxBase()],
    ['busybox-multi', await busyboxMultiBase()],
    ['configured', await ofConfig('configured', '1', configured)],
    ['onbuild', await ofConfig('onbuild', '1', onbuild)],
    ['no-path', await ofConfig('no-path', '1', { Cmd: ['/bin/sh'] })],
    ...(await oddBases()),
  ]);
}
