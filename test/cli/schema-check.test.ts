/** `slipway schema check`: a schema is looked at on its own, without a server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliUser, makeCliUser } from '../tools/cli.ts'
import { schemaOf } from '../tools/watched-folder.ts'

let ada: CliUser
let folder: string
beforeAll(async () => {
  ada = await makeCliUser()
  folder = await mkdtemp(join(tmpdir(), 'slipway-schema-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await ada[Symbol.asyncDispose]()
})

async function check(text: string | Buffer, ...words: readonly string[]) {
  await writeFile(join(folder, 'schema.json'), text)
  return ada.run(['schema', 'check', 'schema.json', ...words], { folder })
}

test('a schema without a mistake ends with 0', async () => {
  const { exitCode, stdout, stderr } = await check(schemaOf('Dinge'))
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toContain('schema.json is a schema')
})

test('each mistake is told with file, line, column and pointer, and it ends with 2', async () => {
  const text = schemaOf('Dinge')
    .replace('"string"', '"relation", "to": "nothing"')
    .replace('"display_name"', '"dispaly_name"')
  const { exitCode, stdout, stderr } = await check(text)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(/^schema\.json:4:\d+ {2}\/tables\/things\/dispaly_name {2}\S/m)
  expect(stderr).toMatch(/^schema\.json:8:\d+ {2}\/tables\/things\/fields\/0\/to {2}.*nothing/m)
})

test('what is no JSON is told at its place', async () => {
  const { exitCode, stderr } = await check('{\n  "tables": {,}\n}\n')
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/^schema\.json:2:14 {2}/)
})

test('names in a schema can not command the terminal', async () => {
  const { stderr } = await check('{"tables": {"a\\u001b[2Jb\\u202e": {"fields": []}}}')
  expect(stderr).not.toContain('\u001b')
  expect(stderr).not.toContain('\u202e')
  expect(stderr).toContain('/tables/')
})

test('programs get the mistakes as JSON', async () => {
  const { exitCode, stdout } = await check(schemaOf('Dinge').replace('"string"', '"x"'), '--json')
  expect(exitCode).toBe(2)
  expect(JSON.parse(stdout)).toMatchObject({
    problems: [{ pointer: '/tables/things/fields/0/type', line: 8 }],
  })
})

test('a file that is not there, or no text, is told as that', async () => {
  const gone = await ada.run(['schema', 'check', 'nothing.json'], { folder })
  expect(gone).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('ENOENT') })
  const binary = await check(Buffer.from([0x7b, 0xff, 0x7d]))
  expect(binary).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no UTF-8') })
})
