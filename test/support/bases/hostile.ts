/**
 * Images that try to reach out of their root: links where a builder mounts or writes, archives that write through links.
 * All of them aim at one directory, so that a builder that falls for it does no harm and a test sees it.
 */
import type { ImageInput, LayerInput } from '../oci-layout.ts';
import { writeTar, type TarItem } from '../raw-tar.ts';
import { busyboxBinary, busyboxConfig, busyboxTar } from './busybox.ts';

/** Where hostile links lead on a host that follows them. */
export const hostileTarget = '/var/tmp/strake-hostile-target';

/** What a builder finds as a directory, a file, or nothing. */
const directories = ['etc', 'dev', 'proc', 'sys', 'tmp', 'run'];
const files = ['etc/resolv.conf', 'etc/hosts', 'etc/passwd', 'etc/group', 'etc/mtab'];

/** A path below the target: as it stands, or climbing out from the depth of `place`. */
const escapes = {
  absolute: (name: string): string => `${hostileTarget}/${name}`,
  relative: (name: string): string => `${'../'.repeat(40)}${hostileTarget.slice(1)}/${name}`,
};

const link = (path: string, to: string): TarItem => ({ path, type: 'symlink', link: to });
const layer = (createdBy: string, items: readonly TarItem[]): LayerInput => ({ tar: writeTar(items), createdBy });

/** Upper layers that put a link in the place of something, by name. */
function linkLayers(): [string, LayerInput][] {
  return [...directories, ...files].flatMap((place) =>
    (['absolute', 'relative'] as const).map((style): [string, LayerInput] => {
      const name = place.replaceAll('/', '-').replaceAll('.', '-');
      return [`${name}-${style}`, layer(`${place} is a link out (${style})`, [link(place, escapes[style](name))])];
    }),
  );
}

/** Archives that try to write outside; a builder may refuse them, but never obey. */
function escapeLayers(): [string, LayerInput[]][] {
  const out = link('out', hostileTarget);
  const written: TarItem = { path: 'out/written', content: 'escaped\n' };
  return [
    ['same-layer', [layer('write through a link of the same layer', [out, written])]],
    ['next-layer', [layer('a link', [out]), layer('write through the link below', [written])]],
    [
      'dot-dot',
      [
        layer('a name that climbs', [
          { path: `${'../'.repeat(40)}${hostileTarget.slice(1)}/written`, content: 'escaped\n' },
        ]),
      ],
    ],
    ['absolute-name', [layer('an absolute name', [{ path: `${hostileTarget}/written`, content: 'escaped\n' }])]],
    [
      'hardlink-through-link',
      [layer('a hard link to what is behind a link', [out, { path: 'got', type: 'hardlink', link: 'out/victim' }])],
    ],
    [
      'hardlink-dot-dot',
      [layer('a hard link that climbs', [{ path: 'got', type: 'hardlink', link: escapes.relative('victim') }])],
    ],
    ['whiteout-through-link', [layer('a link', [out]), layer('a whiteout behind it', [{ path: 'out/.wh.victim' }])]],
    [
      'opaque-through-link',
      [layer('a link', [out]), layer('an opaque mark behind it', [{ path: 'out/.wh..wh..opq' }])],
    ],
    [
      'mode-through-link',
      [layer('a link', [out]), layer('a directory over it', [{ path: 'out/deep/', type: 'directory', mode: 0o777 }])],
    ],
    ['whiteout-of-parent', [layer('a whiteout named ..', [{ path: 'tmp/.wh...' }])]],
    ['whiteout-of-itself', [layer('a whiteout named .', [{ path: 'tmp/.wh..' }])]],
  ];
}

/** All images by name: `link-PLACE-STYLE` on which a RUN can work, `escape-…` which may be refused. */
export async function hostileImages(): Promise<Map<string, ImageInput>> {
  const busybox: LayerInput = { tar: await busyboxTar(await busyboxBinary('amd64')), createdBy: 'busybox' };
  const image = (layers: readonly LayerInput[]): ImageInput => ({
    layers: [busybox, ...layers],
    config: busyboxConfig,
  });
  return new Map([
    ...linkLayers().map(([name, upper]): [string, ImageInput] => [`link-${name}`, image([upper])]),
    ...escapeLayers().map(([name, upper]): [string, ImageInput] => [`escape-${name}`, image(upper)]),
  ]);
}
