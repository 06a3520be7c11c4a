import { definePlugin, type Prehook } from '../../core/index.ts';
import { runCommand } from './run-command.ts';

/** Runs the `prebuild` commands of images on this machine, once each, before any context is read. */
export const preBuildCommand = definePlugin(() => ({
  name: 'pre-build-command',
  // After the complaints of all others: a build that is refused runs nothing.
  enforce: 'post',
  apply({ preBuild }) {
    preBuild.tapPromise('pre-build-command', async ({ requests, complaints, planOnly }, { world }) => {
      if (planOnly || complaints.length > 0) return;
      const done = new Set<string>();
      for (const { name, prebuild } of requests) {
        for (const [at, hook] of prebuild.entries()) {
          const same = JSON.stringify([hook.command, hook.cwd, hook.env]);
          if (done.has(same)) continue;
          done.add(same);
          const title = `[${name} prebuild ${at + 1}/${prebuild.length}] ${commandText(hook)}`;
          await runCommand({ hook, text: commandText(hook), title, id: `prebuild:${name}:${at}`, image: name }, world);
        }
      }
    });
  },
}));

const commandText = ({ command }: Prehook): string => (typeof command === 'string' ? command : command.join(' '));
