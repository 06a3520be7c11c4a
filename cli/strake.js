#!/usr/bin/env node
/* global process */
/* Written so that any Node since 12 can read it: it says which one is needed instead of failing on newer syntax. */
(function start() {
  var needed = 24;
  var version = process.versions.node;
  if (Number(version.split('.')[0]) < needed) {
    process.stderr.write(
      'strake needs Node ' +
        needed +
        ' or newer; this is Node ' +
        version +
        ' (' +
        process.execPath +
        ').\n' +
        'Get it from https://nodejs.org, or run it for this command alone: npx -p node@' +
        needed +
        ' strake\n',
    );
    process.exit(1);
  }
  var modules = process.getBuiltinModule('module');
  var path = process.getBuiltinModule('path');
  var fs = process.getBuiltinModule('fs');
  var env = process.env;
  var cache =
    env.STRAKE_HOME ||
    ((env.XDG_CACHE_HOME || (env.HOME && env.HOME + '/.cache') || '') &&
      path.join(env.XDG_CACHE_HOME || env.HOME + '/.cache', 'strake'));
  /* Compiled code is kept between runs; without a folder of the user's own it is not, as others could put theirs there. */
  if (cache) modules.enableCompileCache(path.join(cache, 'compiled'));
  var here = path.dirname(fs.realpathSync(process.argv[1]));
  /* The sources are there in a checkout alone. */
  var source = path.join(here, 'main.ts');
  var main = fs.existsSync(source) ? source : path.join(here, '../dist/cli/main.js');
  import(process.getBuiltinModule('url').pathToFileURL(main).href)
    .then(function run(loaded) {
      return loaded.main(path.dirname(here));
    })
    .catch(function broken(error) {
      process.stderr.write(((error && error.stack) || String(error)) + '\n');
      process.exit(70);
    });
})();
