import type { Run } from '../command.ts';
import { loginPlace, placeText, requestAt } from '../login-place.ts';
import { openSession } from '../session.ts';

/** `strake logout`: forgets a login wherever plugins keep any. */
export const run: Run = async (invocation, cli) => {
  const place = loginPlace(invocation);
  await using session = await openSession(invocation, cli);
  const { world, builder } = session;
  const providers = builder.installed.offers.credentials;
  const from: string[] = [];
  for (const provider of providers) from.push(...((await provider.forget?.(place, world)) ?? []));
  const name = placeText(place);
  cli.screen.out(
    from.length === 0 ? `There was no login for ${name}.\n` : `Logged out of ${name}: ${from.join(', ')}.\n`,
  );
  for (const provider of providers) {
    const left = await provider.credentials(requestAt(place), world).catch(() => undefined);
    if (left !== undefined) cli.screen.err(`! Builds still have a login for ${name}: ${left.from ?? provider.name}.\n`);
  }
  return 0;
};
