import { definePreset } from '../core/index.ts';
import { policyPlugin, type PolicyOptions } from '../plugins/policy/index.ts';

export type { PolicyOptions } from '../plugins/policy/index.ts';

/** Bases are pinned, nobody runs as root, nothing is added from a URL without a digest; and what else is asked for. */
export const policy = definePreset((options: PolicyOptions = {}) => ({
  name: options.name === undefined ? 'policy' : `policy ${options.name}`,
  plugins: [policyPlugin(options)],
}));
