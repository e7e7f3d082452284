/** The frameworks that apps are generated with; each is loaded at its first need. */
import type { Framework } from '../domain/project.ts'
import type { FrameworkTemplate } from './framework-template.ts'

export type Frameworks = Readonly<Record<Framework, () => Promise<FrameworkTemplate>>>

export const frameworks: Frameworks = {
  react: async () => (await import('./react/react-template.ts')).reactTemplate,
  vue: async () => (await import('./vue/vue-template.ts')).vueTemplate,
}
