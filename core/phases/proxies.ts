import type { World } from '../contract/world.ts';
import type { Pairs } from '../oci/image.ts';

const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** What commands in images need to get out, where this machine needs it; part of no key. */
export const proxiesOf = ({ env }: World): Pairs =>
  names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
