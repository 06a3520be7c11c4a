import { definePlugin } from '../../core/index.ts';
import { dockerOutput } from './docker.ts';
import { localOutput } from './local.ts';
import { ociOutput } from './oci.ts';

/** Images as files: OCI layouts, docker archives, plain directories. */
export const outputs = definePlugin(() => ({ name: 'outputs', outputs: [ociOutput, dockerOutput, localOutput] }));
