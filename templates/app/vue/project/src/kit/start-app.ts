/** Puts the app into the page. */
import { createApp } from 'vue'
import AppShell from './AppShell.vue'
import { directionOfLocale } from './messages.ts'
import { createPages } from './pages.ts'
import { type App, createTools, toolsKey } from './tools.ts'

export function startApp(app: App): void {
  document.documentElement.lang = app.locale
  document.documentElement.dir = directionOfLocale(app.locale)
  createApp(AppShell).provide(toolsKey, createTools(app)).use(createPages()).mount('#app')
}
