import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A part of a folder is named as that of any other context; the image is called after the folder.',
  argv: ['build', 'dir://shop#:services/api', '-o', 'type=local,dest=out'],
  files: { 'shop/services/api/Dockerfile': 'FROM scratch\nCOPY x /x\n', 'shop/services/api/x': 'the part\n' },
  shows: ['out/x'],
});
