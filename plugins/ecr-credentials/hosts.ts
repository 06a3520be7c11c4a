/** A registry of AWS, and whom to ask for its logins. */
export interface EcrHost {
  readonly public: boolean;
  readonly region: string;
  /** Where its API answers: `https://api.ecr.eu-west-1.amazonaws.com/` */
  readonly api: string;
}

/** Domains of the parts of AWS → that of its APIs over IPv4 and IPv6, where it has any. */
const partitions: Readonly<Record<string, string>> = {
  'amazonaws.com': '',
  'amazonaws.com.cn': '',
  'amazonaws.eu': '',
  'c2s.ic.gov': '',
  'sc2s.sgov.gov': '',
  'cloud.adc-e.uk': '',
  'csp.hci.ic.gov': '',
  'on.aws': 'api.aws',
  'on.amazonwebservices.com.cn': 'api.amazonwebservices.com.cn',
};

const shape = /^\d{12}\.dkr[.-]ecr(?<fips>-fips)?\.(?<region>[a-z]{2,}(?:-[a-z]+)+-\d+)\.(?<domain>[a-z0-9.-]+)$/;

/**
 * `123456789012.dkr.ecr.eu-west-1.amazonaws.com` and `public.ecr.aws`; `undefined`: a registry of somebody else. The whole
 * name counts: AWS's keys are good for no host that only looks like its own.
 */
export function ecrHost(registry: string): EcrHost | undefined {
  if (registry === 'public.ecr.aws')
    return { public: true, region: 'us-east-1', api: 'https://api.ecr-public.us-east-1.amazonaws.com/' };
  const { region, domain, fips } = shape.exec(registry.toLowerCase())?.groups ?? {};
  if (region === undefined || domain === undefined || !Object.hasOwn(partitions, domain)) return undefined;
  const dual = partitions[domain];
  const host = dual ? `ecr${fips ?? ''}.${region}.${dual}` : `${fips ? 'ecr-fips' : 'api.ecr'}.${region}.${domain}`;
  return { public: false, region, api: `https://${host}/` };
}
