import { definePreset } from '../core/index.ts';
import { azureContext } from '../plugins/azure-context/index.ts';
import { azureCredentials } from '../plugins/azure-credentials/index.ts';
import { directoryCaches } from '../plugins/directory-cache/index.ts';
import { dockerCredentials } from '../plugins/docker-credentials/index.ts';
import { ecrCredentials } from '../plugins/ecr-credentials/index.ts';
import { environmentCredentials } from '../plugins/environment-credentials/index.ts';
import { gcsContext } from '../plugins/gcs-context/index.ts';
import { gitContext } from '../plugins/git-context/index.ts';
import { gitlabCredentials } from '../plugins/gitlab-credentials/index.ts';
import { googleCredentials } from '../plugins/google-credentials/index.ts';
import { hostIsolations } from '../plugins/host-isolations/index.ts';
import { httpContext } from '../plugins/http-context/index.ts';
import { localContext } from '../plugins/local-context/index.ts';
import { ociLayout } from '../plugins/oci-layout/index.ts';
import { outputs } from '../plugins/outputs/index.ts';
import { registryPlugin } from '../plugins/registry/index.ts';
import { registryCaches } from '../plugins/registry-cache/index.ts';
import { s3Caches } from '../plugins/s3-cache/index.ts';
import { s3Context } from '../plugins/s3-context/index.ts';
import { stdinContext } from '../plugins/stdin-context/index.ts';
import { storePlugin } from '../plugins/store/index.ts';
import { tarContext } from '../plugins/tar-context/index.ts';

/** What the command line starts from. Offers are asked in this order, after those of a config. */
export const standard = definePreset(() => ({
  name: 'standard',
  plugins: [
    localContext(),
    stdinContext(),
    tarContext(),
    // Of those that share https the ones that take little come first.
    azureContext(),
    gitContext(),
    httpContext(),
    gcsContext(),
    s3Context(),
    dockerCredentials(),
    environmentCredentials(),
    googleCredentials(),
    ecrCredentials(),
    azureCredentials(),
    gitlabCredentials(),
    // The store before registries: what was built here is a base without a request.
    storePlugin(),
    ociLayout(),
    registryPlugin(),
    registryCaches(),
    directoryCaches(),
    s3Caches(),
    outputs(),
    hostIsolations(),
  ],
}));
