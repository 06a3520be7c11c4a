import { definePlugin } from '../../core/index.ts';
import { layoutImages } from './images.ts';

/** Base images out of OCI image layouts of this machine: `oci-layout://dir`, `oci-layout://dir:tag`, `oci-layout://dir@sha256:…`. */
export const ociLayout = definePlugin(() => ({ name: 'oci-layout', images: [layoutImages] }));
