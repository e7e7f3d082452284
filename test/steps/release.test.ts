// What the pusher is told of the project's own headers and redirects.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Project } from '../../src/domain/project.ts'
import { createRelease } from '../../src/steps/release.ts'
import { type Files, openSiteLab, type SiteLab } from '../tools/site-lab.ts'
import { contextOf, type HeardContext } from '../tools/step-context.ts'
import { newProject } from '../tools/store.ts'

let lab: SiteLab

beforeEach(async () => {
  lab = await openSiteLab()
})
afterEach(async () => {
  await lab[Symbol.asyncDispose]()
})

async function release(
  files: Files,
  settings: Partial<Project['settings']> = {},
): Promise<HeardContext & { readonly failure: unknown }> {
  const project = newProject()
  const heard = contextOf({ ...project, settings: { ...project.settings, ...settings } })
  const repositories = {
    listTree: () => Promise.reject(new Error('nothing is read of git')),
    readFiles: () => Promise.reject(new Error('nothing is read of git')),
  }
  const step = createRelease({ repositories, sites: lab.sites })
  const output = { dir: await lab.write({ 'index.html': 'x', ...files }) }
  const run = step.run(heard.context, { output, spaFallback: false, generated: null })
  const failure = await run.then(
    () => null,
    (error: unknown) => error,
  )
  return { ...heard, failure }
}

test('how many they are stands beside the files', async () => {
  const { said, output } = await release({
    _headers: '/*\n  X-A: 1\n/b\n  X-B: 1\n',
    _redirects: '/a /b\n',
  })
  expect(said).toEqual(['1 file, 31 B, 2 header rules, 1 redirect'])
  expect(output).toEqual([])
})

test('a line says that they do not apply in a sub-directory', async () => {
  const { said, output } = await release({ _redirects: '/a /b\n' }, { address: 'subdirectory' })
  expect(said).toEqual([expect.stringContaining('1 redirect')])
  expect(output).toEqual([expect.stringMatching(/^warning: .* do not apply below \/apps\//)])
})

test('each mistake is a line, and the first of them the reason', async () => {
  const { output, failure } = await release({ _redirects: '/a\n/b\n', _headers: '/a' })
  expect(output).toEqual([
    expect.stringMatching(/^_headers:1: no header is below this path/),
    expect.stringMatching(/^_redirects:1: a redirect is "from to"/),
    expect.stringMatching(/^_redirects:2: a redirect is "from to"/),
  ])
  expect(failure).toMatchObject({ code: 'site_rules_invalid', kind: 'bad_input' })
  expect(failure).toMatchObject({
    message: expect.stringMatching(/^_headers:1: .* \(and 2 more\)\.$/),
  })
})
