import { readCmdOrEntrypoint, readRun, readShell } from './read-command.ts';
import { readCopy } from './read-copy.ts';
import { readHealthcheck } from './read-healthcheck.ts';
import { readOnbuild } from './read-onbuild.ts';
import { readArg, readPairs } from './read-pairs.ts';
import { readExpose, readLine, readVolume } from './read-simple.ts';
import type { Keyword, Reading } from './statement.ts';
import type { Instruction } from './syntax.ts';

const readers: Readonly<Record<Exclude<Keyword, 'FROM'>, (it: Reading) => Instruction>> = {
  ADD: readCopy,
  ARG: readArg,
  CMD: readCmdOrEntrypoint,
  COPY: readCopy,
  ENTRYPOINT: readCmdOrEntrypoint,
  ENV: readPairs,
  EXPOSE: readExpose,
  HEALTHCHECK: readHealthcheck,
  LABEL: readPairs,
  MAINTAINER: readLine,
  ONBUILD: (it) => readOnbuild(it, readInstruction),
  RUN: readRun,
  SHELL: readShell,
  STOPSIGNAL: readLine,
  USER: readLine,
  VOLUME: readVolume,
  WORKDIR: readLine,
};

/** Any instruction but FROM, which begins a stage and never stands in one. */
export const readInstruction = (it: Reading): Instruction => readers[it.kind as Exclude<Keyword, 'FROM'>](it);
