import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A certificate without its key says nothing.',
  argv: ['build', '.', '--registry-client-cert', 'registry.example=me.pem'],
  files: { Dockerfile: 'FROM scratch\n' },
});
