/**
 * Apps whose build is one script of the test: no dependency, so that an install takes a moment. A
 * script may print, wait for a file of the test's, or do what it should not.
 */
import type { Files } from './site-lab.ts'

const about = { name: 'scripted-app', version: '1.0.0', private: true, type: 'module' }

/** `script` is a module that `npm run build` runs. */
export function scriptedApp(script: string, files: Files = {}): Files {
  return {
    'package.json': `${JSON.stringify({ ...about, scripts: { build: 'node build.js' } })}\n`,
    'package-lock.json': lockFile,
    'build.js': script,
    ...files,
  }
}

export const lockFile = `${JSON.stringify({
  ...about,
  lockfileVersion: 3,
  requires: true,
  packages: { '': { name: about.name, version: about.version } },
})}\n`

/** Statements of a build that write a file below `dist`. */
export function writeOutput(path: string, text: string): string {
  const [file, content] = [JSON.stringify(`dist/${path}`), JSON.stringify(text)]
  return `
await (async () => {
  const { mkdirSync, writeFileSync } = await import('node:fs')
  const { dirname } = await import('node:path')
  mkdirSync(dirname(${file}), { recursive: true })
  writeFileSync(${file}, ${content})
})()
`
}

/** Statements of a build that say so and then wait until the test has made `/app/<name>`. */
export function waitForFile(name: string): string {
  return `
console.log('waiting for ${name}')
await (async () => {
  const { existsSync } = await import('node:fs')
  while (!existsSync('/app/${name}')) await new Promise((resume) => setTimeout(resume, 10))
})()
`
}
