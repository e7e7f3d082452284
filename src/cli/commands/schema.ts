/** `slipway schema`: what an app is made from; read, checked and replaced. */
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SchemaProblem } from '../../domain/schema/check-schema.ts'
import { projectPath } from '../api.ts'
import {
  type Call,
  type CommandRow,
  misused,
  projectOption,
  readProject,
  readTextOption,
  writeJson,
} from '../command.ts'
import { followDeployment, waitOption } from '../deploy-again.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { parseJson } from '../json.ts'
import { toPlainLine } from '../plain-text.ts'
import { ServerProblem } from '../server-problem.ts'
import { renderProblems } from '../show-problems.ts'

const group = 'Apps made from a schema:'

export const schema: CommandRow = {
  usage: 'schema',
  group,
  summary: 'prints the schema of a project; checks and replaces it',
  options: [projectOption],
  examples: [
    ['schema', 'of the project of this folder, as schema get'],
    ['schema check schema.json', 'tells every mistake'],
    ['schema put schema.json', 'deploys the app that is made from it'],
  ],
  run: (call) => printSchema(call, null),
}

export const schemaGet: CommandRow = {
  usage: 'schema get [project]',
  group,
  summary: 'prints the schema of a project',
  options: [projectOption, { flags: '-o, --output <file>', summary: 'writes it to a file' }],
  examples: [
    ['schema get shop', 'as it was put'],
    ['schema get shop -o schema.json', 'into a file'],
  ],
  run: (call) => printSchema(call, readTextOption(call, 'output')),
}

export const schemaPut: CommandRow = {
  usage: 'schema put <file>',
  group,
  summary: 'replaces the schema of a project and deploys the app that is made from it',
  about: 'Where nothing is changed by it, nothing is deployed.',
  options: [projectOption, waitOption],
  examples: [
    ['schema put schema.json', 'and waits until it is live'],
    ['schema put schema.json -p shop --no-wait', 'of another project, and does not wait'],
  ],
  run: async (call) => {
    const { session, terminal } = call
    const file = call.values[0] ?? ''
    const text = await readSchema(call, file)
    const { api, project } = await session.connectTo(readTextOption(call, 'project'))
    // What is no JSON would be refused before anybody looks at it as a schema.
    if (parseJson(text) === undefined) return tellProblems(call, file, await check(text))
    try {
      const { answer, number } = await api.putText(projectPath(project, 'schema/'), text)
      if (number !== null) return await followDeployment(call, { api, project, number, answer })
      if (call.isJson) writeJson(call, answer)
      else terminal.out(`The schema of ${project} is unchanged: nothing is deployed.\n`)
      return exitCodes.done
    } catch (error) {
      if (!(error instanceof ServerProblem) || error.errors.length === 0 || call.isJson) throw error
      // The server knows what is wrong, and the text where that is.
      const places = new Map((await check(text)).problems.map((place) => [place.pointer, place]))
      const problems = error.errors.map((one) => ({ ...places.get(one.pointer), ...one }))
      terminal.err(renderProblems(file, { problems, unlisted: 0 }))
      return error.exitCode
    }
  },
}

export const schemaCheck: CommandRow = {
  usage: 'schema check <file>',
  group,
  summary: 'tells every mistake of a schema, without a server',
  about: 'Each as FILE:LINE:COLUMN  POINTER  WHAT IS WRONG. Ends with 2 where there is one.',
  examples: [['schema check schema.json', 'before it is put or pushed']],
  run: async (call) => {
    const { terminal } = call
    const file = call.values[0] ?? ''
    const found = await check(await readSchema(call, file))
    if (found.problems.length > 0) return tellProblems(call, file, found)
    if (call.isJson) writeJson(call, found)
    else {
      for (const warning of found.warnings) terminal.err(`Warning: ${toPlainLine(warning)}\n`)
      terminal.out(`${toPlainLine(file)} is a schema that an app can be made from.\n`)
    }
    return exitCodes.done
  },
}

async function printSchema(call: Call, output: string | null): Promise<ExitCode> {
  const { session, terminal } = call
  const { api, project } = await session.connectTo(readProject(call))
  const text = await api.getText(projectPath(project, 'schema/'))
  const whole = text.endsWith('\n') ? text : `${text}\n`
  if (output === null) terminal.out(whole)
  else {
    await writeFile(resolve(session.place.folder, output), whole).catch((error: unknown) => {
      throw misused(`${output} can not be written (${toCode(error)}).`, 'Name another file.')
    })
    terminal.err(`The schema of ${project} is in ${output}\n`)
  }
  return exitCodes.done
}

function tellProblems(call: Call, file: string, found: Found): ExitCode {
  if (call.isJson) writeJson(call, found)
  else call.terminal.err(renderProblems(file, found))
  return exitCodes.usage
}

async function readSchema({ session }: Call, file: string): Promise<string> {
  try {
    const bytes = await readFile(resolve(session.place.folder, file))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) throw misused(`${file} is no UTF-8.`, 'Save it as UTF-8.')
    throw misused(`${file} can not be read (${toCode(error)}).`, 'Name a file that holds a schema.')
  }
}

interface Found {
  readonly problems: readonly SchemaProblem[]
  readonly unlisted: number
  readonly warnings: readonly string[]
}

/** What checks is large, and most commands don't need it. */
async function check(text: string): Promise<Found> {
  const { checkSchema } = await import('../../domain/schema/check-schema.ts')
  const found = checkSchema(text)
  return 'problems' in found
    ? { ...found, warnings: [] }
    : { problems: [], unlisted: 0, warnings: found.warnings }
}

function toCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
