/** The compiler of Vue's components, which is loaded only where it is needed. */
import { basename } from 'node:path'
import { compileScript, parse, parseCache } from '@vue/compiler-sfc'
import type { ComponentCompiler } from './serve-sources.ts'

/** Components have one script with `setup`, a template, and no styles of their own. */
export const compileVueComponent: ComponentCompiler = (path, source) => {
  try {
    const filename = basename(path)
    const { descriptor, errors } = parse(source, { filename, sourceMap: false })
    const [error] = errors
    if (error !== undefined) throw error
    if (descriptor.scriptSetup === null || descriptor.template === null) {
      throw new Error('a component has a script with setup, and a template')
    }
    if (descriptor.styles.length > 0) throw new Error('styles are in src/kit/style.css')
    const options = { id: filename, inlineTemplate: true, isProd: true, sourceMap: false }
    return compileScript(descriptor, options).content
  } catch (error) {
    throw new Error(`${path}: ${String(error)}`, { cause: error })
  } finally {
    // It would keep hundreds of components with all their syntax trees.
    parseCache.clear()
  }
}
