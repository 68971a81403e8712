import asyncio, sys, tempfile, json
from pathlib import Path
from slack_peer import *
from slack_proxy import *
async def main(mode):
    folder=Path(tempfile.mkdtemp()); print(folder)
    async with Proxy(f"http://127.0.0.1:{SLACK}", PROXY, f"http://127.0.0.1:{BOT}/slack/events", Faults(), 1), Peer(folder, mode) as p:
        p.start_bot()
        await p.until(lambda: ("Slack knows us" in p.log() if mode=="socket" else "listening" in p.log()), "up")
        await asyncio.sleep(1)
        t=await p.say("<@UBOT1> We tag about 20,000 product photos a month; no personal data; cost matters most.")
        await asyncio.sleep(3)
        for m in await p.messages(CHANNEL): print(json.dumps(m)[:1800])
        print(p.log()[-3000:])
asyncio.run(main(sys.argv[1]))
