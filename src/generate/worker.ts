/**
 * A process that turns schemas into apps, behind the walls of builds: it reads requests from its
 * standard input, one after the other, and ends with it. Its one argument is the module that has
 * the frameworks.
 */
import type { AppRequest } from '../contracts/generate.ts'
import type { Framework } from '../domain/project.ts'
import { type CompileChunks, createChunkCompiler } from './compile/compile-chunks.ts'
import { createLinker, type LinkApp } from './compile/link-app.ts'
import { prebuild } from './compile/prebuild.ts'
import type { ComponentCompiler } from './compile/serve-sources.ts'
import { readFrames, writeFrame } from './frames.ts'
import type { FrameworkTemplate } from './framework-template.ts'
import type { Frameworks } from './frameworks.ts'
import { listFiles, type WorkerRequest } from './messages.ts'
import { nameApp } from './name-app.ts'
import type { Prebuilt } from './prebuilt.ts'
import { readProjectFile, renderPages, renderProject } from './project-sources.ts'
import { renderProjectPage, renderServedPage } from './render-page.ts'

interface Answer {
  readonly header: object
  readonly body?: readonly Uint8Array[]
}

const [, , frameworksModule = ''] = process.argv
const { frameworks } = (await import(frameworksModule)) as { readonly frameworks: Frameworks }
const toolsByFramework = new Map<Framework, Promise<Tools>>()

let last = Promise.resolve()
readFrames(process.stdin, Number.MAX_SAFE_INTEGER, {
  onFrame: ({ header }) => {
    last = last.then(async () => answer(header as WorkerRequest))
  },
  onBroken: () => process.exit(1),
})
process.stdin.on('end', () => process.exit(0))

async function answer(request: WorkerRequest): Promise<void> {
  const { header, body }: Answer = await work(request).catch((error: unknown) => ({
    header: { problem: error instanceof Error ? error.message : String(error) },
  }))
  const memoryBytes = process.memoryUsage.rss()
  writeFrame(process.stdout, { problem: null, ...header, memoryBytes }, body)
}

async function work(request: WorkerRequest): Promise<Answer> {
  switch (request.kind) {
    case 'prebuild':
      return prebuildFor(request.framework)
    case 'generate':
      return generate(request.request, request.prebuilt)
    case 'eject':
      return eject(request.request)
  }
}

interface Tools {
  readonly template: FrameworkTemplate
  readonly compileComponent: ComponentCompiler | null
  readonly compile: CompileChunks
  readonly link: LinkApp
}

/** Loaded at the first need: a compiler is some megabytes. */
async function toolsFor(framework: Framework): Promise<Tools> {
  const tools = toolsByFramework.get(framework) ?? loadTools(framework)
  toolsByFramework.set(framework, tools)
  return tools
}

async function loadTools(framework: Framework): Promise<Tools> {
  const template = await frameworks[framework]()
  const compileComponent =
    framework === 'vue' ? (await import('./compile/vue-compiler.ts')).compileVueComponent : null
  const compile = createChunkCompiler(compileComponent)
  return { template, compileComponent, compile, link: createLinker(compile) }
}

async function prebuildFor(framework: Framework): Promise<Answer> {
  const tools = await toolsFor(framework)
  const { files, ...prebuilt } = await prebuild(tools.template, tools)
  const { listed, body } = listFiles(files)
  return { header: { prebuilt, files: listed }, body }
}

async function generate(request: AppRequest, prebuilt: Omit<Prebuilt, 'files'>): Promise<Answer> {
  const app = nameApp(request)
  const { template, link } = await toolsFor(app.framework)
  const { entry } = template
  const linked = await link({ entry, sources: renderPages(template, app) }, prebuilt)
  const projectPage = renderProjectPage(readProjectFile(template, 'index.html'), app)
  const pageAt = (base: string): string =>
    renderServedPage(projectPage, { ...prebuilt, entry, base, scripts: linked.eager })
  const { listed, body } = listFiles(linked.files)
  return {
    header: {
      rootPage: pageAt('/'),
      subdirectoryPage: pageAt(`/apps/${app.identity.slug}/`),
      files: listed,
      compiled: linked.compiled,
    },
    body,
  }
}

async function eject(request: AppRequest): Promise<Answer> {
  const app = nameApp(request)
  const { template } = await toolsFor(app.framework)
  return { header: { sources: renderProject(template, app) } }
}
