/** Preloaded into a program (`--import`): writes every name that is looked up and every address that is connected to. */
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import net from 'node:net';

const note = (line) => appendFileSync(process.env['NETWORK_WATCH'], `${line}\n`);

for (const home of [dns, dns.promises]) {
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveAny', 'resolveSrv']) {
    const own = home[name];
    home[name] = (host, ...rest) => {
      note(`name ${host}`);
      return own.call(home, host, ...rest);
    };
  }
}

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  if (typeof first === 'object' && first !== null && first.port !== undefined)
    note(`connect ${first.host ?? 'localhost'}:${first.port}`);
  return connect.apply(this, args);
};
