import { definePreset, pluginOptions } from 'strake';
import { z } from 'zod';
import { pinnedBases } from './pinned-bases.ts';

const options = z.strictObject({
  /** Stands in a label, so that everybody knows whom to ask. */
  team: z.string().min(1),
  /** Images may also run on ARM machines. */
  arm: z.boolean().default(false),
  /** Bases that need no digest: those that are built at ACME. */
  trusted: z.array(z.string()).default(['registry.acme.example/base/']),
});

export type AcmeOptions = z.input<typeof options>;

/** How images are built at ACME. What a team's own config says wins over the defaults; the policy looks at the plan. */
export const acmePreset = definePreset((given: AcmeOptions) => {
  const { team, arm, trusted } = pluginOptions(options, given, 'acme');
  return {
    name: 'acme',
    plugins: [pinnedBases(trusted)],
    settings: { sourceDateEpoch: 0 },
    defaults: {
      platforms: arm ? ['linux/amd64', 'linux/arm64'] : ['linux/amd64'],
      labels: { 'org.opencontainers.image.vendor': 'ACME', 'com.acme.team': team },
      rewriteTimestamp: true,
    },
  };
});
