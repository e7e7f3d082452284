import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { AppRoutes } from './app-routes.tsx'
import { createAppTools } from './app-tools.ts'
import { readBase } from './base.ts'
import { confirm } from './confirm-dialog.tsx'
import { installLeaveGuard } from './leave-guard.ts'
import { directionOfLocale } from './messages.ts'
import { Shell } from './shell.tsx'
import { type App, ToolsContext } from './tools.ts'

/** Puts the app into the page. */
export function startApp(app: App): void {
  const root = document.getElementById('app')
  if (root === null) throw new Error('index.html has no element with the id "app".')
  const tools = createAppTools(app)
  const { messages } = tools
  document.documentElement.lang = app.locale
  document.documentElement.dir = directionOfLocale(app.locale)
  installLeaveGuard(() =>
    confirm({
      title: messages.leaveTitle,
      text: messages.leaveText,
      yes: messages.leave,
      no: messages.stay,
    }),
  )
  const base = readBase()
  // `/apps/shop` is in the app too.
  const basename = base === '/' ? base : base.slice(0, -1)
  createRoot(root).render(
    <StrictMode>
      <ToolsContext value={tools}>
        <BrowserRouter basename={basename}>
          <Shell>
            <AppRoutes />
          </Shell>
        </BrowserRouter>
      </ToolsContext>
    </StrictMode>,
  )
}
