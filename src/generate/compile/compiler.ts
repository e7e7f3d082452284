/**
 * Turns one source file into what a browser runs: types and JSX away, minified, and cut where the
 * addresses of other files have to be put. What comes out depends on nothing but the file.
 */
import { basename, extname } from 'node:path'
import { minifySync, transformSync } from 'rolldown/utils'
import { cutAtAddresses, type CutCode } from './cut-code.ts'

/** Throws with the file's path and the first mistake. */
export type Compile = (path: string, source: string) => CutCode

/** `compileComponent` is for `.vue` files: their script with the template in it, as TypeScript. */
export function createCompiler(compileComponent: ComponentCompiler | null): Compile {
  return (path, source) => {
    const script = extname(path) === '.vue' ? compileComponent?.(path, source) : source
    if (script === undefined) throw new Error(`${path}: no compiler for this kind of file`)
    const transformed = transformSync(path.replace(/\.vue$/, '.ts'), script, transformOptions(path))
    requireNoErrors(path, transformed.errors)
    return minifyAndCut(path, transformed.code)
  }
}

export function minifyAndCut(path: string, code: string): CutCode {
  const minified = minifySync(`${basename(path)}.js`, code, minifyOptions)
  requireNoErrors(path, minified.errors)
  return cutAtAddresses(path, minified.code)
}

export type ComponentCompiler = (path: string, source: string) => string

/** What projects ask of their bundler, as it is here: the base is settled by the page. */
export const definitions = {
  'process.env.NODE_ENV': '"production"',
  'import.meta.env.BASE_URL': '"/"',
  'import.meta.env.MODE': '"production"',
  'import.meta.env.PROD': 'true',
  'import.meta.env.DEV': 'false',
  'import.meta.env.SSR': 'false',
} as const

export const target = 'es2022'

export const jsx = { runtime: 'automatic', development: false } as const

function transformOptions(path: string) {
  const lang = extname(path) === '.tsx' ? ('tsx' as const) : ('ts' as const)
  return { lang, jsx, target, define: definitions }
}

const minifyOptions = { module: true, compress: { target }, mangle: true }

function requireNoErrors(path: string, errors: readonly { readonly message: string }[]): void {
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
}
