import './kit/style.css'
import { app } from './app.ts'
import { startApp } from './kit/index.ts'

startApp(app)
