/** A person has apps made from schemas by the command `slipway`, and takes one over in the end. */
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProcess } from '../../src/machine/run-command.ts'
import { type CliUser, cliProgram, makeCliUser } from '../tools/cli.ts'
import { type SlipwayServer, startSlipwayServer } from '../tools/slipway-server.ts'
import { until } from '../tools/until.ts'
import { schemaOf } from '../tools/watched-folder.ts'

let server: SlipwayServer
let ada: CliUser
let folder: string
beforeAll(async () => {
  server = await startSlipwayServer()
  ada = await makeCliUser()
  folder = await mkdtemp(join(ada.homeDir, 'work-'))
  const input = await server.adminToken()
  const { exitCode } = await ada.run(['login', server.url, '--token-stdin'], { input })
  expect(exitCode).toBe(0)
  await server.createProject('shop')
})
afterAll(async () => {
  await ada[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

function slipway(...words: readonly string[]) {
  return ada.run(words, { folder })
}

async function save(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text)
}

test('before there is a schema, that is what schema get says', async () => {
  const { exitCode, stderr } = await slipway('schema', 'get', 'shop')
  expect(exitCode).toBe(4)
  expect(stderr).toContain('There is no schema.json on main.')
})

test('schema put deploys, follows the deployment, and ends with 0 when it is live', async () => {
  await save('schema.json', schemaOf('Dinge'))
  const { exitCode, stdout, stderr } = await slipway('schema', 'put', 'schema.json', '-p', 'shop')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(/v2 live: http:\/\/shop\.localhost/)
  expect((await server.visit('shop')).status).toBe(200)
})

test('the same schema once more is unchanged, and nothing is deployed', async () => {
  const { exitCode, stdout } = await slipway('schema', 'put', 'schema.json', '-p', 'shop')
  expect(exitCode).toBe(0)
  expect(stdout).toContain('The schema of shop is unchanged')
  const { body } = await server.rest('GET', '/projects/shop/deployment-status')
  expect(body['deployment']).toMatchObject({ number: 2 })
})

test('schema get answers what was put, byte for byte, also into a file', async () => {
  expect((await slipway('schema', 'get', 'shop')).stdout).toBe(schemaOf('Dinge'))
  const { exitCode } = await slipway('schema', 'get', 'shop', '-o', 'copy.json')
  expect(exitCode).toBe(0)
  expect(await readFile(join(folder, 'copy.json'), 'utf8')).toBe(schemaOf('Dinge'))
})

test('--no-wait ends as soon as it is queued', async () => {
  await save('schema.json', schemaOf('Sachen'))
  const words = ['schema', 'put', 'schema.json', '-p', 'shop', '--no-wait']
  const { exitCode, stdout } = await slipway(...words)
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: 'v3 is queued. To follow it: slipway logs -f shop\n',
  })
  await server.untilStatus('shop', 'deployed')
})

test('a schema with mistakes is refused with line and pointer, and what is live stays', async () => {
  await save('wrong.json', schemaOf('Dinge').replace('"string"', '"strin"'))
  const wrong = await slipway('schema', 'put', 'wrong.json', '-p', 'shop')
  expect(wrong.exitCode).toBe(2)
  expect(wrong.stderr).toMatch(/^wrong\.json:8:\d+ {2}\/tables\/things\/fields\/0\/type {2}/m)
  await save('broken.json', '{"tables": ')
  const broken = await slipway('schema', 'put', 'broken.json', '-p', 'shop')
  expect(broken).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('broken.json:1:') })
  expect((await slipway('schema', 'get', 'shop')).stdout).toBe(schemaOf('Sachen'))
})

test('eject gives the source in a folder that can be pushed from', async () => {
  const { exitCode, stdout, stderr } = await slipway('eject', 'shop')
  expect(exitCode).toBe(0)
  expect(stdout).toContain('The source of shop is on the branch "ejected" and in shop.')
  expect(stderr).toContain('cd shop && npm ci && npm run dev')
  expect(stderr).toContain('git push deploy ejected:main')
  const names = await readdir(join(folder, 'shop'))
  expect(names).toEqual(
    expect.arrayContaining(['README.md', 'index.html', 'package-lock.json', 'package.json', 'src']),
  )
  const listed = await ada.git(join(folder, 'shop'), 'ls-remote', 'deploy', 'refs/heads/ejected')
  expect(listed.stdout).toMatch(/^[0-9a-f]{40}\t/)
  const status = await ada.git(join(folder, 'shop'), 'status', '--short', '--branch')
  expect(status.stdout).toBe('## ejected...deploy/ejected\n')
})

test('eject writes over nothing, and --no-clone makes the branch alone', async () => {
  const again = await slipway('eject', 'shop')
  expect(again).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('not empty') })
  const before = await readdir(folder)
  const { exitCode, stdout, stderr } = await slipway('eject', 'shop', '--no-clone')
  expect(exitCode).toBe(0)
  expect(stdout).toBe('The source of shop is on the branch "ejected".\n')
  expect(stderr).toContain(`git clone -b ejected ${server.url}/shop.git`)
  expect(await readdir(folder)).toEqual(before)
})

test('a CI that has its token in a variable, and never logged in, ejects too', async () => {
  await using ci = await makeCliUser()
  const environment = { SLIPWAY_URL: server.url, SLIPWAY_TOKEN: await server.adminToken() }
  const { exitCode, stderr } = await ci.run(['eject', 'shop', 'app'], { environment })
  expect(exitCode, stderr).toBe(0)
  expect(await readdir(join(ci.homeDir, 'app'))).toContain('package-lock.json')
})

test('watch makes the projects of a folder and puts them online, until Ctrl-C', async () => {
  const schemas = join(folder, 'schemas')
  await mkdir(schemas)
  await writeFile(join(schemas, 'shop.schema.json'), schemaOf('Sachen'))
  await writeFile(join(schemas, 'harbour.schema.json'), schemaOf('Boote'))
  const child = startProcess(
    {
      program: process.execPath,
      args: [cliProgram, 'watch', schemas, '--create'],
      cwd: folder,
      environment: ada.environment,
    },
    ['ignore', 'pipe', 'pipe'],
  )
  const told = { out: '', err: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (told.out += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (told.err += text))
  const ended = new Promise((resolve) => child.once('close', (...how) => resolve(how)))

  await until(() => /^harbour +.*v\d live: http:\/\/harbour\.localhost/m.test(told.out))
  await until(() => /^shop +is live as it is in the file/m.test(told.out))
  // Every line says something.
  expect(told.out).not.toMatch(/^(?:\w+ *)?$\n/m)
  await writeFile(
    join(schemas, 'harbour.schema.json'),
    schemaOf('Schiffe').replace('"string"', '1'),
  )
  await until(() => /^harbour\.schema\.json:8:\d+ {2}\/tables\/things\/fields/m.test(told.err))
  await writeFile(join(schemas, 'harbour.schema.json'), schemaOf('Schiffe'))
  await until(() => /v3 live: http:\/\/harbour\.localhost/.test(told.out))
  // Somebody else puts a schema meanwhile: it is built upon.
  const { status } = await server.rest('PUT', '/projects/harbour/schema/', {
    body: JSON.parse(schemaOf('Kähne')) as unknown,
  })
  expect(status).toBe(202)
  await server.untilStatus('harbour', 'deployed')
  await writeFile(join(schemas, 'harbour.schema.json'), schemaOf('Jollen'))
  await until(() => /v5 live: http:\/\/harbour\.localhost/.test(told.out))
  expect((await slipway('schema', 'get', 'harbour')).stdout).toBe(schemaOf('Jollen'))
  // What is saved while the server is away goes live when it is back.
  await server.stop()
  await writeFile(join(schemas, 'harbour.schema.json'), schemaOf('Flöße'))
  await until(() => /^harbour +not deployed yet: .* Tried again in a moment/m.test(told.err))
  await server.start()
  await until(() => /v6 live: http:\/\/harbour\.localhost/.test(told.out))

  child.kill('SIGINT')
  expect(await ended).toEqual([null, 'SIGINT'])
  expect(told.out + told.err).not.toContain(await server.adminToken())
})
