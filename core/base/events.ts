import type { Span } from './source-text.ts';

export type Phase = 'contexts' | 'parse' | 'plan' | 'execute' | 'assemble' | 'push';
export type StepState = 'begin' | 'cached' | 'end' | 'failed' | 'skipped';

/** What happens, in one direction, as plain data: a terminal, a JSON stream and a test read the same events. */
export type BuildEvent =
  | {
      readonly type: 'step';
      /** Unique in a build: stage and number. */
      readonly step: string;
      /** `[build 2/5] RUN npm ci` */
      readonly title: string;
      readonly state: StepState;
      readonly images: readonly string[];
      readonly ms?: number;
      /** With `cached`: where the record came from, and by which of the two keys. */
      readonly from?: string;
      readonly key?: 'asked' | 'content';
    }
  | { readonly type: 'output'; readonly step: string; readonly stream: 'stdout' | 'stderr'; readonly chunk: Uint8Array }
  | {
      readonly type: 'progress';
      readonly task: string;
      readonly title: string;
      readonly done: number;
      readonly total?: number;
      readonly unit: 'bytes' | 'files';
      /** The last event of a task. */
      readonly ended?: boolean;
    }
  | {
      readonly type: 'notice';
      readonly level: 'info' | 'warning';
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
      readonly at?: Span;
    }
  | { readonly type: 'isolation'; readonly name: string; readonly why: string }
  | {
      readonly type: 'image';
      readonly image: string;
      readonly platform: string;
      readonly digest: string;
      /** Sum of the compressed layers, in bytes. */
      readonly size: number;
      readonly layers: number;
      readonly reusedLayers: number;
    }
  | { readonly type: 'pushed'; readonly image: string; readonly location: string; readonly digest: string };

export type Report = (event: BuildEvent) => void;
