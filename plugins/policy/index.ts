import { definePlugin, pluginOptions } from '../../core/index.ts';
import { imagesOf, prehookImagesOf, strangeRegistries, unpinned } from './bases.ts';
import { missingLabels, rootUsers } from './configs.ts';
import { watchInstructions } from './instructions.ts';
import { policyOptions, type PolicyOptions } from './options.ts';
import { watchSizes } from './sizes.ts';
import { tellOrComplain } from './violation.ts';
import { joinPolicies } from './together.ts';

export type { PolicyOptions } from './options.ts';

/**
 * What images have to be, whoever builds them. Looks at the plan: no step has run when it ends a build, and all
 * violations are told at once, each at its line. Sizes alone are known later: before the image is named anywhere.
 */
export const policyPlugin = definePlugin((given: PolicyOptions = {}) => {
  const rules = pluginOptions(policyOptions, given, 'policy');
  const name = rules.name === undefined ? 'policy' : `policy-${rules.name}`;
  return {
    name,
    // After those that change what is asked for: what counts is what comes of it.
    enforce: 'post' as const,
    apply(hooks) {
      const instructions = watchInstructions(rules.forbid);
      // Prehooks run before there is a plan.
      hooks.preBuild.tap(name, ({ requests, complain }, { world }) => {
        const images = prehookImagesOf(requests);
        tellOrComplain([...unpinned(images, rules), ...strangeRegistries(images, rules)], complain, world);
      });
      hooks.parsed.tap(name, (dockerfile) => {
        instructions.read(dockerfile);
        return dockerfile;
      });
      const tell = joinPolicies(hooks);
      hooks.planned.tap(name, (plan, { world }) =>
        tell(
          plan,
          [
            ...unpinned(imagesOf(plan), rules),
            ...strangeRegistries(imagesOf(plan), rules),
            ...instructions.violations(plan),
            ...rootUsers(plan, rules),
            ...missingLabels(plan, rules),
          ],
          world,
        ),
      );
      if (rules.maxSize !== undefined) watchSizes(hooks, rules.maxSize, name);
    },
  };
});
