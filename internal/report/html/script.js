(function () {
  "use strict";
  var all = function (q, from) { return Array.prototype.slice.call((from || document).querySelectorAll(q)); };
  all("[data-js]").forEach(function (e) { e.hidden = false; });
  all("button[data-copy]").forEach(function (b) {
    b.addEventListener("click", function () {
      var code = b.parentNode.querySelector("code"), range = document.createRange(), said = b.textContent;
      range.selectNodeContents(code);
      var sel = window.getSelection();
      sel.removeAllRanges();
      sel.addRange(range);
      var done = function () { b.textContent = "Copied"; setTimeout(function () { b.textContent = said; }, 1500); };
      if (navigator.clipboard) { navigator.clipboard.writeText(code.textContent).then(done, function () { if (document.execCommand("copy")) { done(); } }); }
      else if (document.execCommand("copy")) { done(); }
    });
  });
  var opened = [];
  window.addEventListener("beforeprint", function () { opened = all("details:not([open])"); opened.forEach(function (d) { d.open = true; }); });
  window.addEventListener("afterprint", function () { opened.forEach(function (d) { d.open = false; }); });
  var bar = document.getElementById("filters");
  if (!bar) { return; }
  var records = all(".rec"), groups = all(".group"), texts = [], out = bar.querySelector("output"), timer;
  var field = function (name) { var e = bar.querySelector("[name=" + name + "]"); return e ? e.value : ""; };
  var text = function (i) { if (texts[i] === undefined) { texts[i] = records[i].textContent.toLowerCase(); } return texts[i]; };
  var apply = function () {
    var object = field("object"), verdict = field("verdict"), words = field("text").toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
    records.forEach(function (r, i) {
      var ok = (!object || r.getAttribute("data-o") === object) && (!verdict || (" " + r.getAttribute("data-v") + " ").indexOf(" " + verdict + " ") >= 0) &&
        words.every(function (w) { return text(i).indexOf(w) >= 0; });
      r.hidden = !ok;
      if (ok) { shown++; }
    });
    groups.forEach(function (g) {
      var left = all(".rec", g).filter(function (r) { return !r.hidden; }).length;
      g.hidden = left === 0;
      g.querySelector("h2 .tag").textContent = left.toLocaleString("en");
    });
    out.textContent = shown === records.length ? records.length + " records" : shown + " of " + records.length + " records";
  };
  bar.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(apply, 120); });
  bar.querySelector("button").addEventListener("click", function () { all("select, input", bar).forEach(function (e) { e.value = ""; }); apply(); });
  apply();
})();
