/** Every key of an image, and how its paths are seen: from the folder of the config. */
import { defineConfig, image, run } from 'strake';

export default defineConfig({
  settings: { isolation: 'assemble', jobs: 1, insecureRegistries: ['localhost:5000'], sourceDateEpoch: 0 },
  images: {
    base: { dockerfileText: 'FROM scratch\n', push: true, tags: ['registry.example/base'] },
    api: {
      context: 'services/api',
      dockerfile: 'docker/api.Dockerfile',
      target: 'api',
      platforms: ['linux/arm/v7', 'arm64'],
      tags: ['registry.example:5000/api:1'],
      args: { A: '1' },
      labels: { 'com.example.a': 'b' },
      annotations: { x: 'y' },
      outputs: ['type=oci,dest=out/api,tar=false', { type: 'registry', name: 'registry.example/other', compression: 'zstd', compressionLevel: 3 }],
      contexts: { base: image('base'), docs: 'docs', page: new URL('https://example.com/page.tar.gz'), none: null },
      prebuild: [run('npm run codegen', { cwd: 'tools', env: { CI: '1' }, inputs: ['schema/**'], outputs: ['gen/**'], timeout: 60 }), run(['make', 'all'])],
      noCache: ['build'],
      push: true,
      rewriteTimestamp: true,
      compression: 'gzip',
    },
    page: { context: 'https://example.com/app.git#main', dockerfile: 'deploy/Dockerfile' },
    file: { context: new URL('file:///elsewhere/app'), dockerfile: new URL('file:///elsewhere/app.Dockerfile') },
  },
});
