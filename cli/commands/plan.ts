import { planJson, printPlan } from '../../core/index.ts';
import type { Run } from '../command.ts';
import { askedRequests, isContext } from '../requests.ts';
import { openSession } from '../session.ts';

/** `strake plan` */
export const run: Run = async (invocation, cli) => {
  await using session = await openSession(invocation, cli, {
    withoutConfig: invocation.words.some(isContext),
  });
  const { requests } = askedRequests(invocation, session);
  const plan = await session.builder.plan(requests);
  cli.screen.out(invocation.on('json') ? `${JSON.stringify(planJson(plan), null, 2)}\n` : printPlan(plan));
  return 0;
};
