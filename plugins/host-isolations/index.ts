import { assembleOffer, definePlugin, overlayOffer } from '../../core/index.ts';

/** The ways to run steps on this very machine, the most able first: overlays, else putting layers together without RUN. */
export const hostIsolations = definePlugin(() => ({
  name: 'host-isolations',
  isolations: [overlayOffer(), assembleOffer()],
}));
