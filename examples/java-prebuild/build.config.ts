import { defineConfig, run } from 'strake';

const jar = [
  'rm -rf target/classes && mkdir -p target/classes',
  'javac -d target/classes $(find src/main/java -name "*.java")',
  'jar --create --file target/hello.jar --main-class hello.Hello -C target/classes .',
].join(' && ');

/** Both images are the same: the one needs a JDK on this machine, the other brings it along. */
export default defineConfig({
  images: {
    hello: {
      prebuild: [run(jar, { inputs: ['src/main'], outputs: ['target/*.jar'] })],
    },
    'hello-inside': {
      prebuild: [run(jar, { in: 'eclipse-temurin:17', inputs: ['src/main'], outputs: ['target/*.jar'] })],
    },
  },
});
